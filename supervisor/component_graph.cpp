#include "supervisor/component_graph.h"

#include <algorithm>

#include "supervisor/yaml_document.h"

namespace vf::supervisor {
namespace {

constexpr std::size_t most_inputs = 1024;
constexpr std::size_t most_named = 10;

std::vector<std::string> inputs_of(const YamlDocument& document, const YAML::Node& component) {
  std::vector<std::string> inputs;
  const YAML::Node given = component["inputs"];
  if (!given) return inputs;
  if (given.IsScalar()) inputs.push_back(document.text_of(given));
  if (given.IsSequence())
    for (const YAML::Node& one : given)
      if (one.IsScalar() && inputs.size() < most_inputs) inputs.push_back(document.text_of(one));
  return inputs;
}

void add(const YamlDocument& document, const char* section, ComponentKind kind, std::vector<Component>& to) {
  const YAML::Node components = document.root[section];
  if (!components || !components.IsMap()) return;
  for (const auto& entry : components) {
    if (to.size() == most_graph_components) return;
    if (!entry.first.IsScalar() || !entry.second.IsMap()) continue;
    Component& one = to.emplace_back();
    one.id = document.text_of(entry.first);
    one.kind = kind;
    if (const YAML::Node type = entry.second["type"]; type && type.IsScalar()) one.type = document.text_of(type);
    if (kind != ComponentKind::source) one.inputs = inputs_of(document, entry.second);
  }
}

}  // namespace

std::string_view to_string(ComponentKind kind) {
  switch (kind) {
    case ComponentKind::source:
      return "source";
    case ComponentKind::transform:
      return "transform";
    case ComponentKind::sink:
      return "sink";
  }
  return "?";
}

std::vector<Component> component_graph(std::string_view yaml) {
  std::vector<Component> all;
  try {
    const auto document = read_yaml(yaml);
    if (!document) return all;
    add(*document, "sources", ComponentKind::source, all);
    add(*document, "transforms", ComponentKind::transform, all);
    add(*document, "sinks", ComponentKind::sink, all);
  } catch (const YAML::Exception&) {
    return {};  // not ours to explain: Vector reads the same text and says why in its own words
  }
  return all;
}

std::string unknown_component(std::string_view yaml, std::string_view id) {
  const std::vector<Component> all = component_graph(yaml);
  const std::string_view of_output = id.substr(0, id.rfind('.'));
  if (all.empty() ||
      std::any_of(all.begin(), all.end(), [&](const Component& one) { return one.id == id || one.id == of_output; }))
    return "";
  std::string names;
  for (std::size_t i = 0; i < std::min(all.size(), most_named); ++i) names += (i == 0 ? "" : ", ") + all[i].id;
  if (all.size() > most_named) names += " and " + std::to_string(all.size() - most_named) + " more";
  return "this pipeline has no component " + std::string(id) + "; it has " + names;
}

}  // namespace vf::supervisor
