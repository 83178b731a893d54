#include "agent/control/vectorflow/utf8.h"

namespace vf::agent::vectorflow {

namespace {

constexpr Utf8Character broken(std::size_t bytes) {
  return {U'\uFFFD', bytes, false};
}

// What may follow a lead byte: the second byte's range is where overlong forms, surrogates and codes past U+10FFFF end.
struct Lead {
  std::size_t bytes;  // 0: no character begins with this byte
  unsigned char second_min, second_max;
};

constexpr Lead lead_of(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Utf8Character first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {first, 1, true};
  const Lead lead = lead_of(first);
  if (lead.bytes == 0) return broken(1);

  char32_t code = first & (0xFFu >> (lead.bytes + 1));
  for (std::size_t i = 1; i < lead.bytes; ++i) {
    if (i >= text.size()) return broken(i);
    const auto next = static_cast<unsigned char>(text[i]);
    const unsigned char low = i == 1 ? lead.second_min : 0x80;
    const unsigned char high = i == 1 ? lead.second_max : 0xBF;
    if (next < low || next > high) return broken(i);
    code = (code << 6) | (next & 0x3Fu);
  }
  return {code, lead.bytes, true};
}

std::string_view utf16_prefix(std::string_view text, std::size_t units) {
  if (text.size() <= units) return text;  // no character is shorter in bytes than in units
  std::size_t end = 0;
  while (end < text.size()) {
    const Utf8Character character = first_character(text.substr(end));
    const std::size_t needed = character.code > 0xFFFF ? 2 : 1;
    if (needed > units) break;
    units -= needed;
    end += character.bytes;
  }
  return text.substr(0, end);
}

}  // namespace vf::agent::vectorflow
