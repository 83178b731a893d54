// Safe text: what a line must be before it is kept, shown or sent. Vector prints what its inputs say, so a line may
// hold anything: bytes that no JSON string can carry, a NUL (the server answers 200 and loses the whole /logs batch),
// or sequences that take over the terminal of the operator who reads it.
//
// Text is safe when it is UTF-8 and has no control character but tab and newline. Control characters are C0 (ESC, NUL,
// CR and BEL among them), DEL, and C1 (U+0080..U+009F: U+009B begins a sequence just as ESC [ does). They are replaced,
// not removed: a reader sees that something stood there, and an escape sequence remains readable as harmless text.
// Bidirectional overrides and other format characters are left alone.
//
// Pure functions, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vf::logbuf {

/// U+FFFD, which stands for each control character and for each maximal run of bytes that begins no character.
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// True when `text` can be kept as it is. Fast: meant for whole chunks of many lines.
[[nodiscard]] bool is_safe(std::string_view text);

/// Appends `raw` to `out`, made safe, for as long as `out` stays within `max_size` bytes; a character is never split.
/// Returns how many bytes of `raw` were used, all of them when everything fitted. What is appended is never shorter
/// than the bytes it came from.
std::size_t append_safe(std::string& out, std::string_view raw, std::size_t max_size);

}  // namespace vf::logbuf
