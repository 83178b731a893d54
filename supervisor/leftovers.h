// Leftovers: Vectors that an agent which was killed left running on this data directory.
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

}  // namespace vf::supervisor
