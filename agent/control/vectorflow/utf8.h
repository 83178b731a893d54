// UTF-8 as the server's side of the wire needs it: what is not UTF-8 counts and is written as U+FFFD, and lengths are
// JavaScript's (UTF-16 units). Pure functions, any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace vf::agent::vectorflow {

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  ///< U+FFFD in UTF-8

/// The first character of a text.
struct Utf8Character {
  char32_t code = 0;      ///< U+FFFD where the bytes are no character
  std::size_t bytes = 0;  ///< how many it takes, at least 1; of broken ones, as many as belong together
  bool valid = false;     ///< false: overlong, surrogate, past U+10FFFF, cut short or a stray byte
};

/// `text` must not be empty.
[[nodiscard]] Utf8Character first_character(std::string_view text);

/// The longest beginning of `text` that JavaScript would call at most `units` long, never ending inside a character.
/// (A character past U+FFFF is two units; broken bytes are one, as they are written as U+FFFD.)
[[nodiscard]] std::string_view utf16_prefix(std::string_view text, std::size_t units);

}  // namespace vf::agent::vectorflow
