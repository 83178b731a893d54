#include "tests/support/standin_vector/tap_modes.h"

#include <yaml-cpp/yaml.h>

#include <functional>
#include <stdexcept>

#include "tests/support/standin_vector/text.h"

namespace standin {
namespace {

using N = const YAML::Node&;

std::chrono::milliseconds duration(N node) {
  const auto parsed = parse_duration(node.as<std::string>());
  if (!parsed) throw std::runtime_error("not a duration: " + node.as<std::string>());
  return *parsed;
}

std::vector<std::string> strings(N node) {
  if (node.IsScalar()) return {node.as<std::string>()};
  return node.as<std::vector<std::string>>();
}

std::vector<Odd> odd_kinds(N node) {
  static const std::map<std::string, Odd> kNames = {
      {"big", Odd::big},         {"nul", Odd::nul},     {"surrogate", Odd::surrogate},     {"no_json", Odd::no_json},
      {"control", Odd::control}, {"empty", Odd::empty}, {"broken_utf8", Odd::broken_utf8}, {"deep", Odd::deep}};
  std::vector<Odd> found;
  for (const auto& name : strings(node)) {
    const auto known = kNames.find(name);
    if (known == kNames.end()) throw std::runtime_error("no such odd line: " + name);
    found.push_back(known->second);
  }
  return found;
}

const std::map<std::string, std::function<void(N, TapModes&)>>& readers() {
  static const std::map<std::string, std::function<void(N, TapModes&)>> kReaders = {
      {"events_per_second", [](N n, TapModes& m) { m.events_per_second = n.as<double>(); }},
      {"rates", [](N n, TapModes& m) { m.rates = n.as<std::map<std::string, double>>(); }},
      {"count", [](N n, TapModes& m) { m.count = n.as<std::uint64_t>(); }},
      {"unlimited", [](N n, TapModes& m) { m.unlimited = n.as<bool>(); }},
      {"event_bytes", [](N n, TapModes& m) { m.event_bytes = n.as<std::size_t>(); }},
      {"fields", [](N n, TapModes& m) { m.fields = n.as<std::string>(); }},
      {"odd", [](N n, TapModes& m) { m.odd = odd_kinds(n); }},
      {"odd_every", [](N n, TapModes& m) { m.odd_every = n.as<std::uint64_t>(); }},
      {"odd_bytes", [](N n, TapModes& m) { m.odd_bytes = n.as<std::size_t>(); }},
      {"queued_sets", [](N n, TapModes& m) { m.queued_sets = n.as<int>(); }},
      {"ignore_term", [](N n, TapModes& m) { m.ignore_term = n.as<bool>(); }},
      {"delay", [](N n, TapModes& m) { m.delay = duration(n); }},
      {"exit_after", [](N n, TapModes& m) { m.exit_after = duration(n); }},
      {"exit_code", [](N n, TapModes& m) { m.exit_code = n.as<int>(); }},
      {"print", [](N n, TapModes& m) { m.print = strings(n); }},
      {"print_stdout", [](N n, TapModes& m) { m.print_stdout = strings(n); }},
  };
  return kReaders;
}

}  // namespace

TapModes read_tap_modes(const YAML::Node& node) {
  TapModes modes;
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    const auto reader = readers().find(key);
    if (reader == readers().end()) throw std::runtime_error("unknown field `" + key + "`");
    reader->second(entry.second, modes);
  }
  if (modes.odd_every == 0) throw std::runtime_error("odd_every must be above 0");
  return modes;
}

}  // namespace standin
