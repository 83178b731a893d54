// ComponentGraph: the components of a pipeline's configuration, as its YAML has them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vf::supervisor {

enum class ComponentKind { source, transform, sink };
[[nodiscard]] std::string_view to_string(ComponentKind kind);

struct Component {
  std::string id;
  ComponentKind kind = ComponentKind::source;
  std::string type;
  std::vector<std::string> inputs;  ///< as written: ids, outputs (`route.errors`), patterns (`in_*`); of a source none
};

inline constexpr std::size_t most_graph_components = 4096;

/// In the order of the text, sources first, at most `most_graph_components`; empty where the text is no YAML: Vector's
/// own words will tell.
[[nodiscard]] std::vector<Component> component_graph(std::string_view yaml);

/// Why nothing can come of this component or output of one, in a sentence for people; "" where it is one.
[[nodiscard]] std::string unknown_component(std::string_view yaml, std::string_view id);

}  // namespace vf::supervisor
