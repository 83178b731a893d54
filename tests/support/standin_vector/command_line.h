// The part of Vector's command line that the stand-in knows. An argument it does not know ends it with a usage error,
// as the real one does: a caller's typo must not pass unseen.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/standin_vector/dialect.h"

namespace standin {

// sysexits.h, as Vector uses them; a usage error is clap's
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUnavailable = 69;
inline constexpr int kExitConfig = 78;

struct ConfigPath {
  std::string path;
  bool yaml_hint = false;  ///< given with --config-yaml: read as YAML whatever its name is
};

struct TapOptions {
  std::string url;
  std::vector<std::string> outputs_of;  ///< what is named without an option too
  std::vector<std::string> inputs_of;
  std::string format = "json";
  std::chrono::milliseconds interval{500};
  int limit = 100;
  std::optional<std::chrono::milliseconds> duration;
  bool quiet = false;
  bool meta = false;
  bool no_reconnect = false;
};

struct CommandLine {
  enum class Command { run, validate, tap, version } command = Command::run;
  std::vector<ConfigPath> configs;  ///< sorted by path, without duplicates, as Vector does it
  std::string log_level = "info";
  bool json_log = false;
  bool interpolate = true;  ///< ${VAR} in configs is replaced
  std::chrono::seconds graceful_shutdown_limit{60};
  bool no_graceful_shutdown_limit = false;
  bool no_environment = false;     ///< validate
  bool skip_healthchecks = false;  ///< validate
  TapOptions tap;
};

/// Also reads the VECTOR_* variables that are options of the real command. On a mistake prints it and returns nothing.
std::optional<CommandLine> parse_command_line(const std::vector<std::string>& arguments, const Dialect& dialect);

}  // namespace standin
