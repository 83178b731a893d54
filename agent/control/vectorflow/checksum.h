// The checksum that a VectorFlow server gives a pipeline, computed again. Wire: config response, `checksum`.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace vf::agent::vectorflow {

/// Lowercase hex SHA-256 of `yaml`, followed, where there are secrets, by
/// JSON.stringify(secrets, Object.keys(secrets).sort()): compact, escaped as JavaScript does, in the order of the
/// names. Both must be valid UTF-8 without NUL, and the names ASCII (byte order is then JavaScript's order).
[[nodiscard]] std::string expected_checksum(std::string_view yaml, const std::map<std::string, std::string>& secrets);

/// `checksum` looks like one that expected_checksum makes: 64 lowercase hex digits. Others are opaque tokens of older
/// servers.
[[nodiscard]] bool is_sha256_hex(std::string_view checksum);

}  // namespace vf::agent::vectorflow
