#include "agent/commands/tar_archive.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

namespace vf::agent {
namespace {

constexpr std::size_t block = 512;
constexpr std::uint64_t largest = std::uint64_t{8} << 30;
constexpr std::size_t longest_name = 100, longest_prefix = 155;

struct Header {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type[1], link[100], magic[6], version[2],
      user[32], group[32], device_major[8], device_minor[8], prefix[155], rest[12];
};
static_assert(sizeof(Header) == block);

template <std::size_t size>
void put(char (&field)[size], std::string_view text) {
  std::copy_n(text.data(), std::min(text.size(), size), field);
}

/// Octal digits with leading zeros, and a NUL.
template <std::size_t size>
void put_number(char (&field)[size], std::uint64_t value) {
  for (std::size_t i = size - 1; i-- > 0; value >>= 3) field[i] = static_cast<char>('0' + (value & 7));
}

}  // namespace

Status TarArchive::add(std::string_view name, std::string_view content) {
  std::string_view prefix;
  if (name.size() > longest_name) {
    const std::size_t slash = name.find('/', name.size() - longest_name - 1);
    if (slash == std::string_view::npos || slash > longest_prefix || slash == 0)
      return Error{"put " + std::string(name) + " into the archive", "its name is too long", 0};
    prefix = name.substr(0, slash);
    name = name.substr(slash + 1);
  }
  if (content.size() >= largest) return Error{"put " + std::string(name) + " into the archive", "it is too large", 0};
  Header header{};
  put(header.name, name);
  put_number(header.mode, 0600);
  put_number(header.uid, 0);
  put_number(header.gid, 0);
  put_number(header.size, content.size());
  put_number(header.mtime, static_cast<std::uint64_t>(std::max<std::int64_t>(at_, 0)));
  put(header.checksum, "        ");  // as which it counts in the sum
  put(header.type, "0");
  put(header.magic, "ustar");
  put(header.version, "00");
  put_number(header.device_major, 0);
  put_number(header.device_minor, 0);
  put(header.prefix, prefix);
  std::array<unsigned char, block> bytes{};
  std::memcpy(bytes.data(), &header, block);
  const std::uint64_t sum = std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
  char digits[7] = {};
  put_number(digits, sum);
  std::memcpy(header.checksum, digits, sizeof digits);  // six digits, a NUL, and the blank that is there
  bytes_.append(reinterpret_cast<const char*>(&header), block);
  bytes_.append(content);
  bytes_.append((block - content.size() % block) % block, '\0');
  return success();
}

std::string TarArchive::finish() && {
  bytes_.append(2 * block, '\0');
  return std::move(bytes_);
}

}  // namespace vf::agent
