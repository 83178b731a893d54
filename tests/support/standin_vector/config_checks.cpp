// The checks on a config that is loaded and merged, and those that wait until its components are built.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "tests/support/standin_vector/config.h"
#include "tests/support/standin_vector/glob.h"
#include "tests/support/standin_vector/text.h"

namespace standin {
namespace {

std::string capitalized(Kind kind) {
  std::string name(name_of(kind));
  name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return name;
}

bool matches(const std::string& input, const Component& component) {
  const auto outputs = component.outputs();
  return std::find(outputs.begin(), outputs.end(), input) != outputs.end();
}

/// Which VRL functions of a short list are called without `!`, a second assignment target, or `??`. That is the mistake
/// a test makes on purpose; a real compiler finds more.
std::string fallible_call(const std::string& line) {
  for (const std::string name :
       {"parse_json", "parse_syslog", "parse_regex", "to_int", "to_float", "parse_timestamp"}) {
    const auto at = line.find(name + "(");
    if (at == std::string::npos || line.find("??") != std::string::npos) continue;
    const auto assignment = line.substr(0, at);
    if (assignment.find('=') == std::string::npos || assignment.find(',') != std::string::npos) continue;
    return line.substr(at);
  }
  return {};
}

bool balanced(const std::string& code) {
  std::string open;
  bool in_string = false;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '#') {
      while (i + 1 < code.size() && code[i + 1] != '\n') ++i;
    } else if (c == '(' || c == '[' || c == '{') {
      open += c == '(' ? ')' : c == '[' ? ']' : '}';
    } else if (c == ')' || c == ']' || c == '}') {
      if (open.empty() || open.back() != c) return false;
      open.pop_back();
    }
  }
  return open.empty() && !in_string;
}

constexpr const char* kVrlHelp =
    "  = see language documentation at https://vrl.dev\n"
    "  = try your code in the VRL REPL, learn more at https://vrl.dev/examples\n";

std::string vrl_error(const Component& component) {
  const std::string who = "Transform " + quote(component.id) + ": ";
  if (!balanced(component.code)) {
    return who + "\nerror[E203]: syntax error\n  ┌─ :1:1\n  │\n  │ unexpected end of program\n  │\n" + kVrlHelp;
  }
  std::size_t start = 0;
  while (start < component.code.size()) {
    const auto end = std::min(component.code.find('\n', start), component.code.size());
    const std::string line = component.code.substr(start, end - start);
    start = end + 1;
    const std::string call = fallible_call(line);
    if (call.empty()) continue;
    return who + "\nerror[E103]: unhandled fallible assignment\n  ┌─ :1:5\n  │\n1 │ " + line +
           "\n  │ --- ^^^^^^^^^^^^^^^^^^^^\n  │ │   │\n"
           "  │ │   this expression is fallible because at least one argument's type cannot be verified to be valid\n"
           "  │ or change this to an infallible assignment:\n  │ ., err = " +
           call +
           "\n  │\n  = see documentation about error handling at https://errors.vrl.dev/#handling\n"
           "  = learn more about error code 103 at https://errors.vrl.dev/103\n" +
           kVrlHelp;
  }
  return {};
}

void check_shape(const Config& config, std::vector<std::string>& errors) {
  std::map<std::string, std::vector<std::string>> uses;
  int sources = 0;
  int sinks = 0;
  for (const auto& component : config.components) {
    sources += component.kind == Kind::source ? 1 : 0;
    sinks += component.kind == Kind::sink ? 1 : 0;
    uses[component.id].emplace_back(name_of(component.kind));
    if (component.id.find('.') != std::string::npos) {
      errors.push_back("Component name " + quote(component.id) + " should not contain a \".\"");
    }
  }
  if (sources == 0) errors.emplace_back("No sources defined in the config.");
  if (sinks == 0) errors.emplace_back("No sinks defined in the config.");
  for (const auto& [id, kinds] : uses) {
    if (kinds.size() < 2) continue;
    std::string list;
    for (const auto& kind : kinds) list += (list.empty() ? "" : ", ") + kind;
    errors.push_back("More than one component with name " + quote(id) + " (" + list + ").");
  }
}

void check_inputs(const Config& config, std::vector<std::string>& errors) {
  for (const auto& component : config.components) {
    if (component.kind == Kind::source) continue;
    const std::string who = capitalized(component.kind) + " " + quote(component.id);
    if (component.inputs.empty()) errors.push_back(who + " has no inputs");
    std::map<std::string, int> frequencies;
    for (const auto& input : component.inputs) ++frequencies[input];
    for (const auto& [input, count] : frequencies) {
      if (count < 2) continue;
      errors.push_back(who + " has input " + quote(input) + " duplicated " + std::to_string(count) + " times");
    }
    for (const auto& input : component.inputs) {
      const bool found = std::any_of(config.components.begin(), config.components.end(), [&](const Component& other) {
        return other.id != component.id && matches(input, other);
      });
      if (!found) {
        errors.push_back("Input " + quote(input) + " for " + std::string(name_of(component.kind)) + " " +
                         quote(component.id) + " doesn't match any components.");
      }
    }
  }
}

void check_resources(const Config& config, std::vector<std::string>& errors) {
  std::map<std::string, std::vector<std::string>> claims;
  for (const auto& component : config.components) {
    const bool listens = component.kind == Kind::source || component.type == "prometheus_exporter";
    if (!listens || component.address.empty()) continue;
    const bool udp = component.mode == "udp";
    claims[(udp ? "udp " : "tcp ") + component.address].push_back(component.id);
  }
  for (const auto& [resource, ids] : claims) {
    if (ids.size() < 2) continue;
    std::string keys;
    for (const auto& id : ids) keys += (keys.empty() ? "" : ", ") + ("ComponentKey { id: " + quote(id) + " }");
    errors.push_back("Resource `" + resource + "` is claimed by multiple components: {" + keys + "}");
  }
}

}  // namespace

const Component* Config::find(const std::string& id) const {
  for (const auto& component : components) {
    if (component.id == id) return &component;
  }
  return nullptr;
}

std::string Config::data_dir() const {
  const auto found = globals.find("data_dir");
  return found == globals.end() ? "/var/lib/vector/" : found->second;
}

std::vector<const Component*> Config::upstream(const Component& component) const {
  std::vector<const Component*> found;
  for (const auto& other : components) {
    const bool reads = std::any_of(component.inputs.begin(), component.inputs.end(), [&](const std::string& input) {
      return other.id != component.id && matches(input, other);
    });
    if (reads) found.push_back(&other);
  }
  return found;
}

std::vector<std::string> Config::inputs_of(const Component& component) const {
  std::vector<std::string> found;
  for (const auto* other : upstream(component)) {
    for (const auto& output : other->outputs()) {
      const auto& inputs = component.inputs;
      if (std::find(inputs.begin(), inputs.end(), output) != inputs.end()) found.push_back(output);
    }
  }
  return found;
}

std::vector<std::string> Component::outputs() const {
  std::vector<std::string> found;
  if (kind == Kind::sink) return found;
  if (main_output) found.push_back(id);
  for (const auto& port : ports) found.push_back(id + "." + port);
  return found;
}

void expand_inputs(Config& config) {
  for (auto& component : config.components) {
    std::vector<std::string> expanded;
    for (const auto& input : component.inputs) {
      const auto before = expanded.size();
      for (const auto& other : config.components) {
        if (other.id == component.id) continue;
        for (const auto& output : other.outputs()) {
          if (glob_matches(input, output)) expanded.push_back(output);
        }
      }
      if (expanded.size() == before) expanded.push_back(input);
    }
    component.inputs = std::move(expanded);
  }
}

std::vector<std::string> check_config(const Config& config) {
  std::vector<std::string> errors;
  check_shape(config, errors);
  if (errors.empty()) check_inputs(config, errors);
  if (errors.empty()) check_resources(config, errors);
  return errors;
}

std::vector<std::string> check_vrl(const Config& config) {
  std::vector<std::string> errors;
  for (const auto& component : config.components) {
    if (component.code.empty()) continue;
    if (auto error = vrl_error(component); !error.empty()) errors.push_back(std::move(error));
  }
  return errors;
}

std::string data_dir_error(const std::string& data_dir) {
  struct stat info {};
  if (::stat(data_dir.c_str(), &info) != 0) return "data_dir " + quote(data_dir) + " does not exist";
  if (::access(data_dir.c_str(), W_OK) != 0) return "data_dir " + quote(data_dir) + " is not writable";
  return {};
}

std::vector<std::string> check_data_dir(const Config& config) {
  const std::string error = data_dir_error(config.data_dir());
  std::vector<std::string> errors;
  for (const auto& component : config.components) {
    const bool keeps_state = component.disk_buffer || component.type == "journald" ||
                             component.type == "kubernetes_logs" ||
                             (component.kind == Kind::source && component.type == "file");
    if (keeps_state && !error.empty()) {
      errors.push_back(capitalized(component.kind) + " " + quote(component.id) + ": " + error);
    }
  }
  return errors;
}

}  // namespace standin
