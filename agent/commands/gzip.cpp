#include "agent/commands/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

namespace vf::agent {
namespace {

constexpr int gzip_format = 16 + MAX_WBITS;
constexpr int usual_memory = 8;

Error failed(const z_stream& stream) {
  return Error{"compress", stream.msg != nullptr ? stream.msg : "zlib could not", 0};
}

}  // namespace

Result<std::string> gzip(std::string_view bytes) {
  z_stream stream{};
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_format, usual_memory, Z_DEFAULT_STRATEGY) != Z_OK)
    return failed(stream);
  std::string result;
  std::array<unsigned char, 65536> part{};
  int state = Z_OK;
  while (state == Z_OK) {
    if (stream.avail_in == 0 && !bytes.empty()) {
      const std::size_t next = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
      // zlib 1.2 takes what it does not write to as a pointer to what it might.
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      stream.avail_in = static_cast<uInt>(next);
      bytes.remove_prefix(next);
    }
    stream.next_out = part.data();
    stream.avail_out = static_cast<uInt>(part.size());
    state = ::deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
    result.append(reinterpret_cast<const char*>(part.data()), part.size() - stream.avail_out);
  }
  const bool whole = state == Z_STREAM_END;
  const Error error = failed(stream);
  ::deflateEnd(&stream);
  if (!whole) return error;
  return result;
}

}  // namespace vf::agent
