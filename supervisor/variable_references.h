// Vector interpolates ${VAR} before it reads its YAML, so a reference may stand where YAML has no place for braces
// (`{interval: ${SECONDS}}`). Whoever looks into the text first looks at a copy in which references are plain words.
#pragma once

#include <string>
#include <string_view>

namespace vf::supervisor {

/// `yaml` with every ${…} on one line replaced by as many 'x': lines, columns and byte positions stay what they are.
[[nodiscard]] inline std::string with_plain_references(std::string_view yaml) {
  std::string plain(yaml);
  for (std::size_t begin = plain.find("${"); begin != std::string::npos; begin = plain.find("${", begin + 1)) {
    const std::size_t end = plain.find_first_of("}\n", begin);
    if (end == std::string::npos || plain[end] == '\n') continue;
    plain.replace(begin, end + 1 - begin, end + 1 - begin, 'x');
  }
  return plain;
}

}  // namespace vf::supervisor
