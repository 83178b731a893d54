#include "supervisor/vector_version.h"

#include <charconv>

namespace vf::supervisor {
namespace {

bool take_number(std::string_view& text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_dot(std::string_view& text) {
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string VectorVersion::to_string() const {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::optional<VectorVersion> parse_vector_version(std::string_view text) {
  constexpr std::string_view program = "vector ";
  if (!text.starts_with(program)) return std::nullopt;
  text.remove_prefix(program.size());
  VectorVersion version;
  if (!take_number(text, version.major) || !take_dot(text) || !take_number(text, version.minor) || !take_dot(text) ||
      !take_number(text, version.patch))
    return std::nullopt;
  return version;
}

}  // namespace vf::supervisor
