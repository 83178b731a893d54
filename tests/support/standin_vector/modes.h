// The `standin:` mapping of a pipeline's YAML: what a test asks the stand-in to do. README.md in this folder is the
// list for who writes a test; a key that is not on it is a config error, so that a typo never passes as a green test.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace YAML {
class Node;
}

namespace standin {

using Milliseconds = std::chrono::milliseconds;

struct Flood {
  double lines_per_second = 0;
  Milliseconds duration{0};  ///< 0: until the process ends
  std::size_t bytes_per_line = 100;
  bool to_stdout = false;
};

struct RawPrint {
  std::string bytes;
  bool to_stdout = false;
};

struct Refusal {
  std::string words;  ///< empty: does not refuse
  bool at_validate = false;
  bool at_start = false;
  bool at_reload = false;
};

enum class Health { ok, failing, hang, closed };
enum class ReloadMode { ok, refuse, hang, die };

struct Modes {
  // start and health
  Milliseconds start_delay{0};
  Health health = Health::ok;
  std::optional<Milliseconds> unhealthy_after;
  Refusal refuse_config;
  bool port_taken = false;
  Milliseconds validate_delay{0};
  // the end
  Milliseconds drain{0};
  bool ignore_term = false;
  std::optional<Milliseconds> crash_after;
  int exit_code = 101;  ///< what a Rust panic gives
  int signal = 0;       ///< instead of exit_code
  std::string last_words;
  std::optional<Milliseconds> exit_zero_after;
  ReloadMode reload = ReloadMode::ok;
  Milliseconds reload_delay{0};
  // output
  std::optional<Flood> flood;
  std::vector<std::string> print;
  std::vector<std::string> print_stdout;
  std::vector<RawPrint> print_raw;
  std::vector<std::string> print_env;  ///< "*" for the names of all
  bool list_fds = false;
  bool print_process = false;
  std::optional<Milliseconds> stop_output;
  // metrics
  Milliseconds slow_scrape{0};
  bool scrape_hangs = false;
  int scrape_status = 200;
  std::optional<std::string> scrape_body;
  std::size_t exposition_kb = 0;
  bool exposition_unfiltered = false;
  bool errors = false;
  double events_per_second = 10;
  std::string tap = "{}";  ///< YAML, for read_tap_modes()
};

/// Reads the mapping over `modes`; a mistake is an entry in `errors`.
void read_modes(const YAML::Node& node, Modes& modes, std::vector<std::string>& errors);

}  // namespace standin
