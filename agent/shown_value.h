// How a value that an operator gave is quoted in a message: recognisable, on one line, and without its secrets. Pure.
#pragma once

#include <string>
#include <string_view>

namespace vf::agent {

/// `value` in double quotes, cut to about 80 bytes and marked "..." there, control characters and bytes above 0x7E as
/// \xNN. Never shown: what stands before an '@' in anything that looks like a URL (user and password), the text after a
/// '?' or '#' in it, and whatever begins like a VectorFlow token (vf_enroll_, vf_node_).
[[nodiscard]] std::string shown_value(std::string_view value);

/// `value` with *** for what stands before an '@' in anything that looks like a URL, and for its query.
[[nodiscard]] std::string without_credentials(std::string_view value);

/// Whether `value` begins like a token of VectorFlow's (vf_enroll_…, vf_node_…).
[[nodiscard]] bool looks_like_token(std::string_view value);

}  // namespace vf::agent
