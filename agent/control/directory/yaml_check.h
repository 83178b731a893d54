// Whether a text is the YAML of a pipeline, as far as that can be told without Vector. Pure; the one place here that
// knows yaml-cpp.
#pragma once

#include <optional>
#include <string>

namespace vf::agent {

struct YamlError {
  std::size_t line = 1;    ///< 1-based
  std::size_t column = 1;  ///< 1-based
  std::string reason;
};

/// Nothing where `text` is exactly one YAML document and that is a mapping. What its keys mean is Vector's to judge.
[[nodiscard]] std::optional<YamlError> check_yaml(const std::string& text);

}  // namespace vf::agent
