// What stands where a secret would and is none: a reference to it, or a plain switch. Pure.
#pragma once

#include <algorithm>
#include <string_view>

namespace vf::supervisor {

/// "" and *** too; ${NAME}, $NAME, SECRET[backend.key] and true, false, null. A reference with a default says one.
[[nodiscard]] inline bool is_reference(std::string_view value) {
  const auto is_name = [](std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
             c == '-';
    });
  };
  for (const std::string_view word : {"", "***", "true", "false", "null", "~"})
    if (value == word) return true;
  if (value.starts_with("${") && value.ends_with('}')) {
    const std::string_view name = value.substr(2, value.size() - 3);
    return is_name(name) && name.find_first_of("-.") == std::string_view::npos;
  }
  if (value.starts_with("SECRET[") && value.ends_with(']')) return is_name(value.substr(7, value.size() - 8));
  return value.starts_with('$') && is_name(value.substr(1)) && value.find_first_of("-.") == std::string_view::npos;
}

}  // namespace vf::supervisor
