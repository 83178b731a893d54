// The `tap:` mapping inside `standin:`: how `tap` behaves towards whoever runs it. A tap has no configuration of its
// own: it is told by the Vector it connects to, where the pipeline's configuration says so. README.md is the list.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace YAML {
class Node;
}

namespace standin {

/// Lines that are not what a reader hopes for.
enum class Odd { big, nul, surrogate, no_json, broken_utf8, control, empty, deep };

struct TapModes {
  double events_per_second = 10;        ///< of each output
  std::map<std::string, double> rates;  ///< of some, by the output's id
  std::uint64_t count = 0;              ///< of each output; 0: without end
  bool unlimited = false;               ///< --limit is ignored
  std::size_t event_bytes = 0;          ///< pads the bare event to that
  std::string fields;                   ///< further members of the bare event, as JSON: `"a":1,"b":[]`
  std::vector<Odd> odd;                 ///< one after the other, each `odd_every`th line of an output
  std::uint64_t odd_every = 10;
  std::size_t odd_bytes = 10 << 20;  ///< of a `big` one
  int queued_sets = 0;  ///< sets of events that wait for a reader that is late; 0: as many as for the real one
  bool ignore_term = false;
  std::chrono::milliseconds delay{0};                   ///< from its connection to its first notification
  std::optional<std::chrono::milliseconds> exit_after;  ///< from its connection
  int exit_code = 1;
  std::vector<std::string> print;         ///< on stderr, once connected
  std::vector<std::string> print_stdout;  ///< likewise
};

/// Throws std::runtime_error or YAML::Exception for what it does not know.
TapModes read_tap_modes(const YAML::Node& node);

}  // namespace standin
