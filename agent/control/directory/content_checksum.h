// The checksum of a pipeline's files. Pure.
#pragma once

#include <string>
#include <string_view>

namespace vf::agent {

/// Lowercase hex SHA-256 of the YAML followed by the .env ("" where there is none):
/// `cat NAME.yaml NAME.env | sha256sum` shows the same.
[[nodiscard]] std::string content_checksum(std::string_view yaml, std::string_view env);

}  // namespace vf::agent
