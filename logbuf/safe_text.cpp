#include "logbuf/safe_text.h"

#include <simdjson.h>

namespace vf::logbuf {
namespace {

constexpr std::size_t kBlock = 64;

/// 1 where a control character stands at or begins with `byte`. No && and ||: a loop without branches becomes SIMD
/// code.
constexpr unsigned char is_control(unsigned char byte, unsigned char following) {
  const bool c0 = (byte < 0x20) & (byte != '\t') & (byte != '\n');
  const bool c1 = (byte == 0xC2) & ((following & 0xE0) == 0x80);
  return static_cast<unsigned char>(c0 | (byte == 0x7F) | c1);
}

/// A loop of a known length: gcc's -O2 vectorises no other.
bool has_control_in_block(const unsigned char* bytes) {
  unsigned char found = 0;
  for (std::size_t i = 0; i < kBlock; ++i) found |= is_control(bytes[i], bytes[i + 1]);
  return found != 0;
}

bool has_control(std::string_view text) {
  if (text.empty()) return false;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const std::size_t paired = text.size() - 1;  // bytes that have a following one
  if (is_control(bytes[paired], 0) != 0) return true;
  if (paired < kBlock) {
    unsigned char found = 0;
    for (std::size_t i = 0; i < paired; ++i) found |= is_control(bytes[i], bytes[i + 1]);
    return found != 0;
  }
  for (std::size_t i = 0; i + kBlock <= paired; i += kBlock) {
    if (has_control_in_block(bytes + i)) return true;
  }
  return has_control_in_block(bytes + paired - kBlock);  // the rest, and some of it again
}

struct Character {
  std::size_t bytes;  ///< taken from the input, 1..4
  bool safe;          ///< may be copied; otherwise U+FFFD takes its place
};

/// What stands at `p`, of which `left` >= 1 bytes are there. Ill-formed bytes are taken as the longest run that could
/// have begun a character (Unicode 15, section 3.9, table 3-7), which is what browsers and most decoders show.
Character character_at(const unsigned char* p, std::size_t left) {
  const unsigned char lead = p[0];
  if (lead < 0x80) return {1, is_control(lead, 0) == 0};

  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;   // shorter forms exist
    if (lead == 0xED) high = 0x9F;  // surrogates
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;   // shorter forms exist
    if (lead == 0xF4) high = 0x8F;  // beyond U+10FFFF
  } else {
    return {1, false};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= left || p[i] < low || p[i] > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {length, is_control(lead, p[1]) == 0};
}

}  // namespace

bool is_safe(std::string_view text) {
  return !has_control(text) && simdjson::validate_utf8(text.data(), text.size());
}

std::size_t append_safe(std::string& out, std::string_view raw, std::size_t max_size) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(raw.data());
  std::size_t room = max_size > out.size() ? max_size - out.size() : 0;
  std::size_t copied = 0;  // raw[0, copied) is in `out`; raw[copied, at) is safe and waits to be appended in one go
  std::size_t at = 0;
  while (at < raw.size()) {
    const Character next = character_at(bytes + at, raw.size() - at);
    const std::size_t cost = next.safe ? next.bytes : kReplacement.size();
    if (cost > room) break;
    room -= cost;
    if (!next.safe) {
      out.append(raw, copied, at - copied).append(kReplacement);
      copied = at + next.bytes;
    }
    at += next.bytes;
  }
  out.append(raw, copied, at - copied);
  return at;
}

}  // namespace vf::logbuf
