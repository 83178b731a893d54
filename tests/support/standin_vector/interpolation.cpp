#include "tests/support/standin_vector/interpolation.h"

#include <cctype>
#include <cstdlib>
#include <optional>

#include "tests/support/standin_vector/text.h"

namespace standin {
namespace {

struct Reference {
  std::string name;
  std::string rule;      ///< "", "-", ":-", "?" or ":?"
  std::string argument;  ///< the default or the error text
  std::size_t length = 0;
};

std::size_t name_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() &&
         (std::isalnum(static_cast<unsigned char>(text[length])) != 0 || text[length] == '_' || text[length] == '.')) {
    ++length;
  }
  return length;
}

/// `text` starts at a '$'. Nothing where it is no reference at all, such as "$ " or "${FOO x".
std::optional<Reference> reference_at(std::string_view text) {
  const bool braced = text.size() > 1 && text[1] == '{';
  const std::size_t start = braced ? 2 : 1;
  const std::size_t length = name_length(text.substr(start));
  if (length == 0) return std::nullopt;
  Reference found{std::string(text.substr(start, length)), "", "", start + length};
  if (!braced) return found;
  std::string_view rest = text.substr(start + length);
  for (const std::string_view rule : {":-", ":?", "-", "?"}) {
    if (!rest.starts_with(rule)) continue;
    const auto end = rest.find('}');
    if (end == std::string_view::npos) return std::nullopt;
    found.rule = rule;
    found.argument = rest.substr(rule.size(), end - rule.size());
    found.length += end + 1;
    return found;
  }
  if (!rest.starts_with('}')) return std::nullopt;
  ++found.length;
  return found;
}

std::string value_of(const Reference& reference, std::vector<std::string>& errors) {
  const char* value = std::getenv(reference.name.c_str());
  const bool empty = value == nullptr || *value == '\0';
  if (value != nullptr && std::string_view(value).find('\n') != std::string_view::npos) {
    errors.push_back("Environment variable contains new line character. name = " + quote(reference.name));
    return "";
  }
  if (reference.rule == ":-") return empty ? reference.argument : value;
  if (reference.rule == "-") return value == nullptr ? reference.argument : value;
  if (reference.rule == ":?" && empty) {
    errors.push_back("Non-empty environment variable required in config. name = " + quote(reference.name) +
                     ", error = " + quote(reference.argument));
    return "";
  }
  if (reference.rule == "?" && value == nullptr) {
    errors.push_back("Missing environment variable required in config. name = " + quote(reference.name) +
                     ", error = " + quote(reference.argument));
    return "";
  }
  if (value == nullptr) {
    errors.push_back("Missing environment variable in config. name = " + quote(reference.name));
    return "";
  }
  return value;
}

}  // namespace

std::string interpolate(std::string_view text, std::vector<std::string>& errors) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto dollar = std::min(text.find('$'), text.size());
    out.append(text.substr(0, dollar));
    text.remove_prefix(dollar);
    if (text.empty()) break;
    if (text.starts_with("$$")) {
      out += '$';
      text.remove_prefix(2);
    } else if (const auto reference = reference_at(text)) {
      out += value_of(*reference, errors);
      text.remove_prefix(reference->length);
    } else {
      out += '$';
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace standin
