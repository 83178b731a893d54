#include "tests/support/standin_vector/tap_link.h"

#include <yaml-cpp/yaml.h>

#include <cstdlib>

#include "tests/support/standin_vector/text.h"

namespace standin {

std::string tap_frame(const Config& config, const Dialect& dialect) {
  std::string outputs, inputs, sources, sinks;
  for (const auto& component : config.components) {
    for (const auto& output : component.outputs()) {
      outputs += quote_list({output, component.id, std::string(name_of(component.kind)), component.type}) + ", ";
    }
    if (component.kind == Kind::source) sources += quote(component.id) + ", ";
    if (component.kind == Kind::sink) sinks += quote(component.id) + ", ";
    if (component.kind != Kind::source) {
      inputs += "[" + quote(component.id) + ", " + quote_list(config.inputs_of(component)) + "], ";
    }
  }
  const std::string text = "{\"grpc\": " + std::string(dialect.grpc_api() ? "true" : "false") + ", \"outputs\": [" +
                           outputs + "], \"inputs\": [" + inputs + "], \"sources\": [" + sources + "], \"sinks\": [" +
                           sinks + "], \"modes\": " + quote(config.modes.tap) + "}";
  return std::to_string(text.size()) + "\n" + text;
}

std::optional<TapTopology> take_tap_frame(std::string& input) {
  const auto line_end = input.find('\n');
  if (line_end == std::string::npos) return std::nullopt;
  const auto size = static_cast<std::size_t>(std::strtoul(input.c_str(), nullptr, 10));
  if (input.size() < line_end + 1 + size) return std::nullopt;
  const YAML::Node node = YAML::Load(input.substr(line_end + 1, size));
  input.erase(0, line_end + 1 + size);
  TapTopology topology;
  topology.grpc = node["grpc"].as<bool>();
  for (const auto& entry : node["outputs"]) {
    const auto texts = entry.as<std::vector<std::string>>();
    topology.outputs.push_back({texts.at(0), texts.at(1), texts.at(2), texts.at(3)});
  }
  for (const auto& entry : node["inputs"]) {
    const auto read = entry[1].as<std::vector<std::string>>();
    topology.inputs[entry[0].as<std::string>()] = {read.begin(), read.end()};
  }
  topology.sources = node["sources"].as<std::vector<std::string>>();
  topology.sinks = node["sinks"].as<std::vector<std::string>>();
  topology.modes = read_tap_modes(YAML::Load(node["modes"].as<std::string>()));
  return topology;
}

}  // namespace standin
