#include "agent/commands/inspect_text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "agent/commands/json_reading.h"
#include "agent/commands/terminal_text.h"

namespace vf::agent {
namespace {

namespace json = boost::json;

std::string comment(const std::string& name, const std::string& value) {
  return value.empty() ? std::string() : "# " + name + ": " + harmless(value) + "\n";
}

std::string joined(const json::array& names) {
  std::string text;
  for (const json::value& name : names)
    if (name.is_string()) text += (text.empty() ? "" : ", ") + std::string(name.get_string());
  return text;
}

std::string ports_of(const json::object& of) {
  const json::object& ports = part(of, "ports");
  return ports.empty()
             ? std::string()
             : "API " + std::to_string(whole(ports, "api")) + ", metrics " + std::to_string(whole(ports, "metrics"));
}

std::string components_of(const json::object& of) {
  std::string text;
  for (const json::value& value : items(of, "components")) {
    if (!value.is_object()) continue;
    const json::object& one = value.get_object();
    const std::string inputs = joined(items(one, "inputs"));
    text += "#   " +
            harmless(words(one, "id") + ": " + words(one, "kind") + " " + words(one, "type") +
                     (inputs.empty() ? "" : ", from " + inputs)) +
            "\n";
  }
  return text.empty() ? text : "# components:\n" + text;
}

std::string document(const std::string& text) {
  return "---\n" + text + (text.empty() || text.ends_with('\n') ? "" : "\n");
}

}  // namespace

Result<std::string> inspect_text(std::string_view answer) {
  const auto root = read_object(answer);
  if (!root) return root.error();
  const json::object& of = root.value();
  std::string text = comment("pipeline", words(of, "name") + " (id " + words(of, "id") + ")");
  text += comment("version", whole(of, "version") == 0 ? "" : std::to_string(whole(of, "version")));
  text += comment("state", words(of, "state")) + comment("checksum", words(of, "checksum"));
  text += comment("log level", words(of, "logLevel")) + comment("ports on 127.0.0.1", ports_of(of));
  text += comment("secrets", joined(items(of, "secretNames")));
  text += comment("certificate files", joined(items(of, "certFiles")));
  text += components_of(of);
  text += "# Secret values stand as ***.\n" + document(words(of, "yaml"));
  if (const std::string sidecar = words(of, "sidecar"); !sidecar.empty())
    text += "# What the agent adds (the sidecar):\n" + document(sidecar);
  return text;
}

Result<std::string> without_yaml(std::string_view answer) {
  auto root = read_object(answer);
  if (!root) return root.error();
  root.value().erase("yaml");
  root.value().erase("sidecar");
  return json::serialize(root.value());
}

std::vector<std::string> component_ids(std::string_view answer) {
  std::vector<std::string> ids;
  const auto root = read_object(answer);
  if (!root) return ids;
  for (const json::value& value : items(root.value(), "components"))
    if (value.is_object()) ids.push_back(words(value.get_object(), "id"));
  return ids;
}

}  // namespace vf::agent
