#include "supervisor/own_api.h"

#include <yaml-cpp/yaml.h>

#include <cstddef>

namespace vf::supervisor {
namespace {

/// Byte offsets in the text of the `api` key and of the key after it (or the text's end).
struct Section {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool last = true;
};

std::optional<Section> find_api(const YAML::Node& root, std::size_t text_size) {
  std::optional<Section> section;
  for (const auto& entry : root) {
    const auto position = static_cast<std::size_t>(entry.first.Mark().pos);
    if (section) {
      section->end = position;
      section->last = false;
      break;
    }
    if (entry.first.IsScalar() && entry.first.Scalar() == "api") section = Section{position, text_size, true};
  }
  return section;
}

std::string cut(std::string_view text, Section section, bool flow) {
  if (flow && section.last) {  // …, "api": {…} } : the comma before goes too, the closing brace stays
    const std::size_t brace = text.rfind('}');
    const std::size_t comma = text.rfind(',', section.begin);
    if (brace != std::string_view::npos && brace > section.begin) section.end = brace;
    if (comma != std::string_view::npos) section.begin = comma;
  }
  std::string kept(text.substr(0, section.begin));
  kept.append(text.substr(section.end));
  return kept;
}

}  // namespace

std::optional<std::string> without_own_api(std::string_view yaml) {
  if (yaml.find("api") == std::string_view::npos) return std::nullopt;  // the usual case costs no parse
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    if (!root.IsMap()) return std::nullopt;
    const auto section = find_api(root, yaml.size());
    if (!section || section->begin >= section->end || section->end > yaml.size()) return std::nullopt;
    std::string kept = cut(yaml, *section, root.Style() == YAML::EmitterStyle::Flow);
    // The cut is by text, to keep every other byte; so look whether what is left is what was meant.
    const YAML::Node rest = YAML::Load(kept);
    const std::size_t left = rest.IsMap() ? rest.size() : 0;
    if (left + 1 != root.size() || rest["api"]) return std::nullopt;
    return kept;
  } catch (const YAML::Exception&) {
    return std::nullopt;  // not ours to explain: Vector reads the same text and says why in its own words
  }
}

}  // namespace vf::supervisor
