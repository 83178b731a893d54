// Leftovers: what an agent that was killed left running on this data directory: Vectors, and taps of them.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace vf::supervisor {

struct Leftover {
  pid_t pid = 0;
  std::string config;  ///< the configuration file it was started with
};

/// Processes whose command line has `--config <data_dir>/pipelines/…`. Only who holds the data directory's lock may
/// take them for leftovers. Reads /proc once: a worker's job.
[[nodiscard]] std::vector<Leftover> find_leftovers(const std::string& data_dir);

/// In the environment of each `vector tap` of the agent on this data directory, which is its value.
inline constexpr const char* tap_variable = "VF_TAP_OF";

/// The taps that such an agent left: nobody reads what they print. Likewise.
[[nodiscard]] std::vector<pid_t> find_stray_taps(const std::string& data_dir);

}  // namespace vf::supervisor
