#include "tests/support/standin_vector/dialect.h"

#include <cstdio>
#include <cstdlib>
#include <optional>

namespace standin {
namespace {

std::optional<Dialect> parse(std::string_view text) {
  int major = 0;
  int minor = 0;
  int patch = 0;
  if (std::sscanf(std::string(text).c_str(), "%d.%d.%d", &major, &minor, &patch) < 2 || major != 0) return std::nullopt;
  return Dialect{"0." + std::to_string(minor) + "." + std::to_string(patch), minor};
}

}  // namespace

Dialect detect_dialect(std::string_view program_name) {
  if (const char* wanted = std::getenv("STANDIN_VECTOR_VERSION")) {
    if (auto dialect = parse(wanted)) return *dialect;
  }
  const auto dash = program_name.rfind('-');
  if (dash != std::string_view::npos) {
    if (auto dialect = parse(program_name.substr(dash + 1))) return *dialect;
  }
  return {};
}

}  // namespace standin
