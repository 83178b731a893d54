// What a running stand-in tells its own `tap`: the dialect, what there is to tap, and the modes; again after each
// reload. On the wire each of these is its length as decimal digits, a line end, and so many bytes of YAML.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/standin_vector/config.h"
#include "tests/support/standin_vector/tap_modes.h"

namespace standin {

/// One output of a component: its id is the component's own, or with a port of it: `route.errors`.
struct TapOutput {
  std::string output;
  std::string id, kind, type;  ///< of the component
};

struct TapTopology {
  bool grpc = false;
  std::vector<TapOutput> outputs;
  std::map<std::string, std::set<std::string>> inputs;  ///< which outputs a transform or sink reads
  std::vector<std::string> sources, sinks;
  TapModes modes;
};

std::string tap_frame(const Config& config, const Dialect& dialect);

/// Takes one frame off the front of `input`; nothing while it is not there as a whole.
std::optional<TapTopology> take_tap_frame(std::string& input);

}  // namespace standin
