#include "tests/support/standin_vector/modes.h"

#include <yaml-cpp/yaml.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>

#include "tests/support/standin_vector/tap_modes.h"
#include "tests/support/standin_vector/text.h"

namespace standin {
namespace {

Milliseconds duration(const YAML::Node& node) {
  const auto parsed = parse_duration(node.as<std::string>());
  if (!parsed) throw std::runtime_error("not a duration: " + node.as<std::string>());
  return *parsed;
}

std::vector<std::string> strings(const YAML::Node& node) {
  if (node.IsScalar()) return {node.as<std::string>()};
  return node.as<std::vector<std::string>>();
}

bool is_stdout(const YAML::Node& node) {
  return node["stream"] && node["stream"].as<std::string>() == "stdout";
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::strtol(hex.substr(i, 2).c_str(), nullptr, 16));
  }
  return bytes;
}

RawPrint raw_print(const YAML::Node& node) {
  RawPrint print{"", is_stdout(node)};
  const std::string unit = node["hex"] ? from_hex(node["hex"].as<std::string>()) : node["text"].as<std::string>();
  const auto repeat = node["repeat"].as<std::size_t>(1);
  print.bytes.reserve(unit.size() * repeat + 1);
  for (std::size_t i = 0; i < repeat; ++i) print.bytes += unit;
  if (node["newline"].as<bool>(true)) print.bytes += '\n';
  return print;
}

Flood flood(const YAML::Node& node) {
  Flood flood;
  flood.lines_per_second = node["lines_per_second"].as<double>();
  if (flood.lines_per_second <= 0) throw std::runtime_error("lines_per_second must be above 0");
  if (node["seconds"]) flood.duration = duration(node["seconds"]);
  flood.bytes_per_line = node["bytes_per_line"].as<std::size_t>(flood.bytes_per_line);
  flood.to_stdout = is_stdout(node);
  return flood;
}

Refusal refusal(const YAML::Node& node) {
  Refusal refusal{"the stand-in was told to refuse this config", true, true, true};
  if (node.IsMap()) {
    refusal.words = node["words"].as<std::string>(refusal.words);
    const auto at = node["at"] ? strings(node["at"]) : std::vector<std::string>{"validate", "start", "reload"};
    const auto names = [&at](std::string_view where) {
      for (const auto& name : at) {
        if (name == where) return true;
      }
      return false;
    };
    refusal.at_validate = names("validate");
    refusal.at_start = names("start");
    refusal.at_reload = names("reload");
  } else if (node.as<std::string>() == "false") {
    return {};
  } else if (node.as<std::string>() != "true") {
    refusal.words = node.as<std::string>();
  }
  return refusal;
}

int signal_number(const YAML::Node& node) {
  static const std::map<std::string, int> kNames = {{"SEGV", SIGSEGV}, {"ABRT", SIGABRT}, {"KILL", SIGKILL},
                                                    {"TERM", SIGTERM}, {"BUS", SIGBUS},   {"ILL", SIGILL},
                                                    {"INT", SIGINT},   {"STOP", SIGSTOP}};
  const auto name = node.as<std::string>();
  const auto found = kNames.find(name.starts_with("SIG") ? name.substr(3) : name);
  return found != kNames.end() ? found->second : node.as<int>();
}

template <typename Enum>
Enum choice(const YAML::Node& node, const std::map<std::string, Enum>& names) {
  const auto found = names.find(node.as<std::string>());
  if (found == names.end()) throw std::runtime_error("unknown value: " + node.as<std::string>());
  return found->second;
}

using Reader = std::function<void(const YAML::Node&, Modes&)>;

const std::map<std::string, Reader>& readers() {
  using N = const YAML::Node&;
  static const std::map<std::string, Reader> kReaders = {
      {"start_delay", [](N n, Modes& m) { m.start_delay = duration(n); }},
      {"health",
       [](N n, Modes& m) {
         m.health = choice<Health>(
             n, {{"true", Health::ok}, {"false", Health::failing}, {"hang", Health::hang}, {"closed", Health::closed}});
       }},
      {"unhealthy_after", [](N n, Modes& m) { m.unhealthy_after = duration(n); }},
      {"refuse_config", [](N n, Modes& m) { m.refuse_config = refusal(n); }},
      {"port_taken", [](N n, Modes& m) { m.port_taken = n.as<bool>(); }},
      {"validate_delay", [](N n, Modes& m) { m.validate_delay = duration(n); }},
      {"drain", [](N n, Modes& m) { m.drain = duration(n); }},
      {"ignore_term", [](N n, Modes& m) { m.ignore_term = n.as<bool>(); }},
      {"crash_after", [](N n, Modes& m) { m.crash_after = duration(n); }},
      {"exit_code", [](N n, Modes& m) { m.exit_code = n.as<int>(); }},
      {"signal", [](N n, Modes& m) { m.signal = signal_number(n); }},
      {"last_words", [](N n, Modes& m) { m.last_words = n.as<std::string>(); }},
      {"exit_zero_after", [](N n, Modes& m) { m.exit_zero_after = duration(n); }},
      {"reload",
       [](N n, Modes& m) {
         m.reload = choice<ReloadMode>(n, {{"ok", ReloadMode::ok},
                                           {"refuse", ReloadMode::refuse},
                                           {"hang", ReloadMode::hang},
                                           {"die", ReloadMode::die}});
       }},
      {"reload_delay", [](N n, Modes& m) { m.reload_delay = duration(n); }},
      {"flood", [](N n, Modes& m) { m.flood = flood(n); }},
      {"print", [](N n, Modes& m) { m.print = strings(n); }},
      {"print_stdout", [](N n, Modes& m) { m.print_stdout = strings(n); }},
      {"print_raw",
       [](N n, Modes& m) {
         for (const auto& item : n) m.print_raw.push_back(raw_print(item));
       }},
      {"print_env", [](N n, Modes& m) { m.print_env = strings(n); }},
      {"list_fds", [](N n, Modes& m) { m.list_fds = n.as<bool>(); }},
      {"print_process", [](N n, Modes& m) { m.print_process = n.as<bool>(); }},
      {"stop_output", [](N n, Modes& m) { m.stop_output = duration(n); }},
      {"slow_scrape", [](N n, Modes& m) { m.slow_scrape = duration(n); }},
      {"scrape_hangs", [](N n, Modes& m) { m.scrape_hangs = n.as<bool>(); }},
      {"scrape_status", [](N n, Modes& m) { m.scrape_status = n.as<int>(); }},
      {"scrape_body", [](N n, Modes& m) { m.scrape_body = n.as<std::string>(); }},
      {"exposition_kb", [](N n, Modes& m) { m.exposition_kb = n.as<std::size_t>(); }},
      {"exposition_unfiltered", [](N n, Modes& m) { m.exposition_unfiltered = n.as<bool>(); }},
      {"errors", [](N n, Modes& m) { m.errors = n.as<bool>(); }},
      {"events_per_second", [](N n, Modes& m) { m.events_per_second = n.as<double>(); }},
      {"tap",
       [](N n, Modes& m) {
         read_tap_modes(n);  // throws where there is a mistake
         m.tap = YAML::Dump(n);
       }},
  };
  return kReaders;
}

}  // namespace

void read_modes(const YAML::Node& node, Modes& modes, std::vector<std::string>& errors) {
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    const auto reader = readers().find(key);
    if (reader == readers().end()) {
      errors.push_back("unknown field `" + key + "` in `standin`: the stand-in has no such mode");
      continue;
    }
    try {
      reader->second(entry.second, modes);
    } catch (const std::exception& error) {
      errors.push_back("bad value of `standin." + key + "`: " + error.what());
    }
  }
}

}  // namespace standin
