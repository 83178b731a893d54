#include "supervisor/vector_data_dir.h"

#include <cstddef>
#include <vector>

#include "supervisor/pipeline_files.h"
#include "supervisor/yaml_document.h"

namespace vf::supervisor {
namespace {

struct Document : YamlDocument {
  /// `data_dir` of a map, where it names one.
  [[nodiscard]] std::optional<std::string> data_dir_of(const YAML::Node& map) const {
    if (!map.IsMap()) return std::nullopt;
    const YAML::Node named = map["data_dir"];
    if (!named || !named.IsScalar()) return std::nullopt;
    return text_of(named);
  }
};

std::optional<Document> read(std::string_view yaml) {
  auto document = read_yaml(yaml);
  if (!document) return std::nullopt;
  return Document{*std::move(document)};
}

std::string without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

/// Whether state in a directory that is named so may lie in `root`.
bool may_be(const std::string& named, std::string_view root) {
  return named.find("${") != std::string::npos || without_trailing_slashes(named) == without_trailing_slashes(root);
}

/// `own_places` decides whether a source with a data_dir of its own counts.
template <typename OwnPlaces>
Places places_of(const Document& document, bool shared, OwnPlaces own_places) {
  Places places;
  if (const YAML::Node sources = document.root["sources"]; sources && sources.IsMap())
    for (const auto& source : sources) {
      if (!source.first.IsScalar()) continue;
      const auto own = document.data_dir_of(source.second);
      if (own ? own_places(*own) : shared) places.insert(document.text_of(source.first));
    }
  if (const YAML::Node sinks = document.root["sinks"]; shared && sinks && sinks.IsMap())
    for (const auto& sink : sinks)
      if (sink.first.IsScalar()) places.insert("buffer/v2/" + document.text_of(sink.first));
  return places;
}

}  // namespace

std::optional<std::string> named_data_dir(std::string_view yaml) {
  if (yaml.find("data_dir") == std::string_view::npos) return std::nullopt;  // the usual case costs no parse
  try {
    const auto document = read(yaml);
    return document ? document->data_dir_of(document->root) : std::nullopt;
  } catch (const YAML::Exception&) {
    return std::nullopt;  // not ours to explain: Vector reads the same text and says why in its own words
  }
}

std::string own_data_dir(const std::string& root, std::string_view id) {
  return without_trailing_slashes(root) + "/pipelines/" + file_name_of(id);
}

Places places_left(std::string_view yaml) {
  try {
    const auto document = read(yaml);
    if (!document || document->data_dir_of(document->root)) return {};
    return places_of(*document, true, [](const std::string&) { return false; });
  } catch (const YAML::Exception&) {
    return {};  // as above
  }
}

Places places_used(std::string_view yaml, std::string_view root) {
  try {
    const auto document = read(yaml);
    if (!document) return {};
    const auto named = document->data_dir_of(document->root);
    return places_of(*document, !named || may_be(*named, root),
                     [&](const std::string& own) { return may_be(own, root); });
  } catch (const YAML::Exception&) {
    return {};  // as above
  }
}

}  // namespace vf::supervisor
