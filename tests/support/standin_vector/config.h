// A pipeline's configuration as the stand-in runs it: files read, ${VAR} replaced, merged and checked in the order and
// with the words of a real Vector.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/standin_vector/command_line.h"
#include "tests/support/standin_vector/component_types.h"
#include "tests/support/standin_vector/dialect.h"
#include "tests/support/standin_vector/modes.h"

namespace standin {

struct Component {
  Kind kind = Kind::source;
  std::string id;
  std::string type;
  std::vector<std::string> inputs;
  std::string text;  ///< its YAML, written anew: two components are the same where this is

  std::string address;                 ///< ip:port of what listens; "" for none
  std::string mode;                    ///< socket: tcp, udp, unix_stream …
  std::string path;                    ///< file sink
  std::string target = "stdout";       ///< console sink
  std::string codec = "text";          ///< console and file sinks
  std::string code;                    ///< VRL of remap and filter
  std::vector<std::string> lines;      ///< demo_logs: its own lines; empty for made-up access logs
  double interval_seconds = 1;         ///< demo_logs, internal_metrics
  std::optional<std::uint64_t> count;  ///< demo_logs: ends after that many
  bool disk_buffer = false;
  std::vector<std::string> ports;  ///< named outputs: `route.errors` is the port "errors"
  bool main_output = true;         ///< it has one without a name

  /// The ids of all its outputs: its own, or with a port; none of a sink.
  [[nodiscard]] std::vector<std::string> outputs() const;
};

struct ApiOptions {
  bool enabled = false;
  std::string address = "127.0.0.1:8686";
};

struct Config {
  std::vector<Component> components;
  ApiOptions api;
  std::map<std::string, std::string> globals;  ///< every global option that was given: a change of one needs a restart
  Modes modes;

  [[nodiscard]] const Component* find(const std::string& id) const;
  [[nodiscard]] std::string data_dir() const;
  /// The components whose outputs `component` reads.
  [[nodiscard]] std::vector<const Component*> upstream(const Component& component) const;
  /// The ids of the outputs it reads.
  [[nodiscard]] std::vector<std::string> inputs_of(const Component& component) const;
};

struct LoadResult {
  std::optional<Config> config;     ///< set exactly where `errors` is empty
  std::vector<std::string> errors;  ///< each one a "Configuration error."
};

/// What Vector checks while it loads; exit 78 at start, "reload aborted" on SIGHUP.
LoadResult load_config(const std::vector<ConfigPath>& paths, bool interpolate, const Dialect& dialect);

/// Every input is a pattern over outputs; what matches none stays as it is.
void expand_inputs(Config& config);

/// Shape and resources of a merged config, as load_config() uses it.
std::vector<std::string> check_config(const Config& config);

/// VRL that does not compile shows only when components are built: exit 78 at start, "topology_build_failed" on SIGHUP.
std::vector<std::string> check_vrl(const Config& config);
/// Components that keep state need a data_dir that is there and can be written.
std::vector<std::string> check_data_dir(const Config& config);
/// "" where `data_dir` is there and can be written.
std::string data_dir_error(const std::string& data_dir);

}  // namespace standin
