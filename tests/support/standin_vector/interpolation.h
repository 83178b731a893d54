// ${VAR} in a config's text, by Vector's rules: it works on the raw text before YAML is parsed, comments included.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace standin {

/// $VAR, ${VAR}, ${VAR:-default}, ${VAR-default}, ${VAR:?error}, ${VAR?error}; $$ is a dollar sign. A variable that is
/// missing, or whose value holds a line break, adds an error in Vector's words.
std::string interpolate(std::string_view text, std::vector<std::string>& errors);

}  // namespace standin
