// Ed25519 signatures (RFC 8032). Pure.
#pragma once

#include <string_view>

namespace vf::agent {

/// `key` is a raw public key (32 bytes), `signature` raw too (64 bytes); of any other length: false.
[[nodiscard]] bool is_signed_by(std::string_view key, std::string_view message, std::string_view signature);

}  // namespace vf::agent
