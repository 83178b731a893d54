// Cutting the kernel's text files into lines and blank-separated fields, without copying.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace vf::metrics {

/// Takes the next line, without its newline, off the front of `text`, which must not be empty.
inline std::string_view take_line(std::string_view& text) {
  const std::size_t newline = text.find('\n');
  const std::string_view line = text.substr(0, newline);
  text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  return line;
}

/// Takes the next field off the front of `line`; empty where there is none left.
inline std::string_view take_field(std::string_view& line) {
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos) {
    line = {};
    return {};
  }
  line.remove_prefix(start);
  const std::string_view field = line.substr(0, line.find_first_of(" \t"));
  line.remove_prefix(field.size());
  return field;
}

inline void skip_fields(std::string_view& line, int count) {
  for (; count > 0; --count) take_field(line);
}

/// Takes the next field as a number; nullopt where it is not one, or out of T's range.
template <typename T>
std::optional<T> take_number(std::string_view& line) {
  const std::string_view field = take_field(line);
  T value{};
  const auto [stopped, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || stopped != field.data() + field.size()) return std::nullopt;
  return value;
}

}  // namespace vf::metrics
