// Base64 as RFC 4648 section 4 has it, strictly: the standard alphabet, padded, and nothing else in between.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vf::agent {

/// The decoded bytes; nothing where `text` has a foreign character (white space too), lacks its padding, or has bits
/// set that no encoder sets. "" decodes to "".
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

[[nodiscard]] std::string encode_base64(std::string_view bytes);

}  // namespace vf::agent
