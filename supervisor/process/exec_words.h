// The texts of a new program as exec takes them: arguments, environment.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace vf::supervisor {

/// NAME=value, one each.
[[nodiscard]] inline std::vector<std::string> environment_lines(const std::map<std::string, std::string>& environment) {
  std::vector<std::string> lines;
  lines.reserve(environment.size());
  for (const auto& [name, value] : environment) lines.push_back(name + "=" + value);
  return lines;
}

/// With the null at the end; good for as long as `texts` is left alone.
[[nodiscard]] inline std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace vf::supervisor
