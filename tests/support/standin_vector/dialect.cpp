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

Dialect detect_dialect(std::string_view program_name, std::string_view own_file) {
  if (const char* wanted = std::getenv("STANDIN_VECTOR_VERSION")) {
    if (auto dialect = parse(wanted)) return *dialect;
  }
  for (std::string_view name : {program_name, own_file}) {
    if (name.ends_with(" (deleted)")) name.remove_suffix(10);
    name = name.substr(name.rfind('/') + 1);
    const auto dash = name.rfind('-');
    if (dash == std::string_view::npos) continue;
    if (auto dialect = parse(name.substr(dash + 1))) return *dialect;
  }
  return {};
}

}  // namespace standin
