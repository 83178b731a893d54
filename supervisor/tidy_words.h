// TidyWords: another program's words, made fit to be shown: a reason of some lines, or of one. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vf::supervisor {

inline constexpr std::size_t max_reason_bytes = 2048;
inline constexpr std::size_t max_listed = 16;  ///< names kept of a list `expected one of …`

/// Without colours (escape sequences, also where their ESC was already made U+FFFD).
[[nodiscard]] std::string without_colours(std::string_view text);

/// `text` as safe text (logbuf/safe_text.h) without colours, blanks at line ends and blank lines; of lists `expected
/// one of …` the first max_listed names and how many more there were; at most `max_bytes`, cut between characters and
/// then ending in `…`. Secrets are masked before: what a cut leaves of one is not recognised any more.
[[nodiscard]] std::string tidy_words(std::string_view text, std::size_t max_bytes = max_reason_bytes);

/// A reason for a place with one line: its first, with the next where the first only announces it (`Transform "a":`) or
/// where the next says where it is (``in `transforms.a` ``). At most `max_bytes`, cut likewise.
[[nodiscard]] std::string first_line(std::string_view reason, std::size_t max_bytes = 240);

}  // namespace vf::supervisor
