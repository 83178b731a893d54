#include "agent/state/sealed_file.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstdint>
#include <optional>

namespace vf::agent::state {
namespace {

constexpr std::string_view magic = "vf-agent-state ";
constexpr std::string_view digest_name = "sha256:";
constexpr std::size_t longest_kind = 32;
constexpr std::size_t longest_header = 160;  // magic, format, kind, digest and length at their longest

std::string digest_of(std::string_view body) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest);
  constexpr char hex_digits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += hex_digits[byte >> 4];
    hex += hex_digits[byte & 15];
  }
  return hex;
}

bool is_kind(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  return !text.empty() && text.size() <= longest_kind && std::all_of(text.begin(), text.end(), allowed);
}

/// A number exactly as std::to_string writes it.
std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || std::to_string(value) != text) return std::nullopt;
  return value;
}

/// Takes the next word of the header and the blank behind it.
std::string_view take_word(std::string_view& header) {
  const std::size_t end = std::min(header.find(' '), header.size());
  const std::string_view word = header.substr(0, end);
  header.remove_prefix(std::min(end + 1, header.size()));
  return word;
}

Error refuse(std::string_view kind, std::string reason) {
  return {"read the saved " + std::string(kind), std::move(reason)};
}

}  // namespace

std::string seal(std::string_view kind, std::string_view body) {
  assert(is_kind(kind));
  std::string file;
  file.reserve(longest_header + body.size());
  file += magic;
  file += std::to_string(seal_format) + ' ';
  file += kind;
  file += ' ';
  file += digest_name;
  file += digest_of(body) + ' ' + std::to_string(body.size()) + '\n';
  file += body;
  return file;
}

Result<std::string> unseal(std::string_view kind, std::string_view file) {
  if (file.empty()) return refuse(kind, "it is empty");
  if (magic.starts_with(file)) return refuse(kind, "it is torn: its first line is cut");
  if (!file.starts_with(magic)) return refuse(kind, "it is no state file of a vf-agent");

  const std::size_t line_end = file.substr(0, longest_header).find('\n');
  std::string_view header = file.substr(0, line_end).substr(magic.size());
  const bool cut = line_end == std::string_view::npos && file.size() < longest_header;
  const std::string damaged = cut ? "it is torn: its first line is cut" : "it is damaged: its first line is not whole";

  // A format is known by its blank: "1" may be the rest of a cut "12".
  const std::size_t format_end = header.find(' ');
  const auto format = number_of(header.substr(0, format_end));
  if (format_end == std::string_view::npos || !format || *format == 0) return refuse(kind, damaged);
  if (*format > static_cast<std::uint64_t>(seal_format))
    return refuse(kind, "it was written by a newer vf-agent (format " + std::to_string(*format) + ")");
  if (line_end == std::string_view::npos) return refuse(kind, damaged);

  take_word(header);
  const std::string_view its_kind = take_word(header);
  if (!is_kind(its_kind)) return refuse(kind, damaged);
  std::string_view its_digest = take_word(header);
  if (!its_digest.starts_with(digest_name)) return refuse(kind, damaged);
  its_digest.remove_prefix(digest_name.size());
  const auto length = number_of(header);
  if (!length) return refuse(kind, damaged);
  if (its_kind != kind) return refuse(kind, "it holds another kind of state: " + std::string(its_kind));

  const std::string_view body = file.substr(line_end + 1);
  if (body.size() != *length)
    return refuse(
        kind, "it is torn: " + std::to_string(body.size()) + " bytes where it should have " + std::to_string(*length));
  if (digest_of(body) != its_digest) return refuse(kind, "it is damaged: its content is not what was saved");
  return std::string(body);
}

}  // namespace vf::agent::state
