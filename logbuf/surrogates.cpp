#include "logbuf/surrogates.h"

#include <charconv>
#include <optional>
#include <string_view>

namespace vf::logbuf {

namespace {

constexpr std::size_t escape_size = 6;  // \uXXXX

// The UTF-16 unit that a \uXXXX escape at `at` stands for; nothing where there is no such escape.
std::optional<unsigned> unit_at(std::string_view json, std::size_t at) {
  if (json.size() < escape_size || at > json.size() - escape_size) return std::nullopt;
  if (json[at] != '\\' || json[at + 1] != 'u') return std::nullopt;
  unsigned unit = 0;
  const char* const end = json.data() + at + escape_size;
  if (std::from_chars(end - 4, end, unit, 16).ptr != end) return std::nullopt;
  return unit;
}

bool leads(std::optional<unsigned> unit) {
  return unit && *unit >= 0xD800 && *unit <= 0xDBFF;
}
bool trails(std::optional<unsigned> unit) {
  return unit && *unit >= 0xDC00 && *unit <= 0xDFFF;
}

/// `keeps` says of the escape at a place how many bytes of it and behind it stay; 0 where it is to be U+FFFD.
template <typename Keeps>
std::size_t mend(std::string& json, Keeps keeps) {
  std::size_t mended = 0;
  for (std::size_t at = json.find('\\'); at != std::string::npos; at = json.find('\\', at)) {
    const std::size_t kept = keeps(at);
    if (kept == 0) {
      json.replace(at, escape_size, "\\uFFFD");
      ++mended;
    }
    at += kept == 0 ? escape_size : kept;
  }
  return mended;
}

// The escaped character may be a backslash itself.
constexpr std::size_t any_escape = 2;

}  // namespace

std::size_t mend_surrogates(std::string& json) {
  return mend(json, [&json](std::size_t at) -> std::size_t {
    const std::optional<unsigned> unit = unit_at(json, at);
    if (leads(unit) && trails(unit_at(json, at + escape_size))) return 2 * escape_size;
    return leads(unit) || trails(unit) ? 0 : any_escape;
  });
}

std::size_t mend_nuls(std::string& json) {
  return mend(json, [&json](std::size_t at) -> std::size_t { return unit_at(json, at) == 0U ? 0 : any_escape; });
}

}  // namespace vf::logbuf
