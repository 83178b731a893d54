// TerminalText: text fit for a terminal: harmless, measured in columns, cut, broken into lines. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vf::agent {

struct TextStyle {
  std::size_t width = 0;  ///< columns of the terminal; 0: nothing is cut
  bool colour = false;
};

/// Nothing that a pipeline printed may steer the terminal: controls (C0 but tab, DEL, C1), what turns the direction of
/// text and bytes that are no UTF-8 become U+FFFD, line ends and tabs a space.
[[nodiscard]] std::string harmless(std::string_view text);

/// How wide UTF-8 text is: two for East Asian and emoji characters, none for combining ones.
[[nodiscard]] std::size_t columns(std::string_view text);

/// Bytes of as many characters as fit.
[[nodiscard]] std::size_t prefix_of(std::string_view text, std::size_t most_columns);

/// At most so many columns, the last of them "…" where something is missing; 0 cuts nothing.
[[nodiscard]] std::string cut(std::string text, std::size_t most_columns);

/// Broken at spaces into lines of at most `width` columns with `indent` blanks before each; ends with a newline.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace vf::agent
