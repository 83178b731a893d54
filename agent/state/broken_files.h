// state/broken/: where a state file goes that cannot be used, so that a person can look at it and nothing trips over it
// again.
#pragma once

#include <string>
#include <vector>

#include "supervisor/result.h"

namespace vf::agent::state {

inline constexpr std::size_t most_broken_files = 20;

struct MovedAside {
  std::string to;                    ///< the path it has now
  std::vector<std::string> removed;  ///< names of the oldest, which made room
  std::vector<std::string> stuck;    ///< what should have made room and could not be removed, in words
};

/// Renames `path`, a file or a folder, to <broken_dir>/<name>.<n>; n counts up over all that was ever kept there.
/// Beyond most_broken_files the files with the lowest n are removed; folders neither count nor are removed, nor what
/// has no n. Makes <broken_dir> (0700). Blocking: on a worker.
[[nodiscard]] Result<MovedAside> move_aside(const std::string& path, const std::string& broken_dir);

}  // namespace vf::agent::state
