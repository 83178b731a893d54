#include "agent/commands/terminal_text.h"

#include <algorithm>
#include <array>

#include "logbuf/safe_text.h"

namespace vf::agent {
namespace {

struct Range {
  char32_t first, last;
};

constexpr std::array<Range, 5> combining{
    {{0x300, 0x36F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};
constexpr std::array<Range, 9> wide{{{0x1100, 0x115F},
                                     {0x2E80, 0x303E},
                                     {0x3041, 0xA4CF},
                                     {0xAC00, 0xD7A3},
                                     {0xF900, 0xFAFF},
                                     {0xFE30, 0xFE6F},
                                     {0xFF00, 0xFF60},
                                     {0x1F300, 0x1FAFF},
                                     {0x20000, 0x3FFFD}}};
// LRE … RLO, LRI … PDI, LRM, RLM, ALM.
constexpr std::array<Range, 4> turning{{{0x202A, 0x202E}, {0x2066, 0x2069}, {0x200E, 0x200F}, {0x61C, 0x61C}}};

template <std::size_t size>
bool is_in(const std::array<Range, size>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(), [c](Range one) { return c >= one.first && c <= one.last; });
}

struct Character {
  char32_t value;
  std::size_t bytes;
};

/// The first one; where it is no UTF-8, one byte.
Character first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (bytes == 1 || bytes > text.size()) return {lead, 1};
  char32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  return {value, bytes};
}

std::size_t width_of(char32_t c) {
  if (c < 0x300) return 1;
  return is_in(combining, c) ? 0 : is_in(wide, c) ? 2 : 1;
}

}  // namespace

std::string harmless(std::string_view text) {
  std::string safe;
  logbuf::append_safe(safe, text, text.size() * logbuf::kReplacement.size());
  std::string result;
  result.reserve(safe.size());
  for (std::string_view rest = safe; !rest.empty();) {
    const Character c = first_of(rest);
    if (c.value == '\n' || c.value == '\t')
      result += ' ';
    else if (is_in(turning, c.value))
      result += logbuf::kReplacement;
    else
      result += rest.substr(0, c.bytes);
    rest.remove_prefix(c.bytes);
  }
  return result;
}

std::size_t columns(std::string_view text) {
  std::size_t sum = 0;
  while (!text.empty()) {
    const Character c = first_of(text);
    sum += width_of(c.value);
    text.remove_prefix(c.bytes);
  }
  return sum;
}

std::size_t prefix_of(std::string_view text, std::size_t most_columns) {
  std::size_t end = 0;
  for (std::size_t used = 0; end < text.size();) {
    const Character c = first_of(text.substr(end));
    used += width_of(c.value);
    if (used > most_columns) break;
    end += c.bytes;
  }
  return end;
}

std::string cut(std::string text, std::size_t most_columns) {
  if (most_columns == 0 || columns(text) <= most_columns) return text;
  return text.substr(0, prefix_of(text, most_columns - 1)) + "…";
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::string result;
  std::string line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && columns(line) + 1 + columns(word) > width) {
      result += line + '\n';
      line.clear();
    }
    line += line.empty() ? margin : " ";
    line += word;
  }
  return result + line + '\n';
}

}  // namespace vf::agent
