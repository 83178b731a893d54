// What a server's refusal says to a person. The bytes come from whoever answered, proxies included: nothing of them may
// break a log line or a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vf::agent::vectorflow {

inline constexpr std::size_t error_text_limit = 200;  ///< characters

/// The reason in the body of an answer that is not 200: a JSON body's `error` or `message` (an object's inner `message`
/// too) with `details` in brackets, an HTML page's title, else the text itself. One line, at most error_text_limit
/// characters; "" where the body says nothing.
[[nodiscard]] std::string error_text(std::string_view body);

/// `text` on one line: white space and controls become single spaces, ends trimmed; what would steer a terminal or the
/// direction of the text, and what is not UTF-8, becomes U+FFFD; past `limit` characters it ends in "…", which is
/// within the limit.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t limit);

}  // namespace vf::agent::vectorflow
