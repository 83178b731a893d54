#include "agent/control/directory/directory_names.h"

#include <algorithm>
#include <optional>

namespace vf::agent {
namespace {

// A name becomes part of longer ones below the data folder, and 255 bytes is all that a file's name can have.
constexpr std::size_t kLongestName = 200;

std::string lowered(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

std::optional<NameKind> kind_of_ending(std::string_view ending) {
  if (ending == ".yaml") return NameKind::pipeline;
  if (ending == ".env") return NameKind::secrets;
  return std::nullopt;
}

}  // namespace

FileName classify(std::string_view name) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  // '#' and '~' at the front are emacs' and others' temporary copies; at the end no ending of ours is left.
  if (name.empty() || name.front() == '.' || name.front() == '#' || name.front() == '~') return {};
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  const std::string stem(name.substr(0, dot));
  const std::string_view ending = name.substr(dot);
  const std::string lower = lowered(ending);

  const auto kind = kind_of_ending(ending);
  if (!kind) {
    if (lower == ".yml" || lower == ".yaml") return {NameKind::misspelled, "", "rename it to " + stem + ".yaml"};
    if (lower == ".env") return {NameKind::misspelled, "", "rename it to " + stem + ".env"};
    return {};
  }
  if (stem.find_first_not_of(kAllowed) != std::string::npos) {
    return {NameKind::misspelled, "", "rename it; the name of a pipeline has letters, digits, '.', '_' and '-' only"};
  }
  if (stem.size() > kLongestName) {
    return {NameKind::misspelled, "", "rename it; the name of a pipeline has at most 200 characters"};
  }
  return {*kind, stem, ""};
}

bool is_of_interest(std::string_view name) {
  return name == "..data" || classify(name).kind != NameKind::ignored;
}

}  // namespace vf::agent
