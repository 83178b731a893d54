// Guard: a small process of the program that hands over, which brings that program back where the next one does not
// stand. It waits at one end of a pipe; the image on trial has the other (trial.h).
//
//   the image says healthy           the guard ends
//   the image says that it is told to end   likewise
//   its end of the pipe closes       it crashed
//   nothing within the trial's time  it hangs, and is killed
//
// Then the previous binary is put back in its place. Where systemd started the agent it does so again with that; else
// the guard becomes the agent itself.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "agent/update/handover.h"
#include "supervisor/result.h"

namespace vf::agent {

/// The command of the guard's process: `vf-agent upgrade-guard …`, no business of a person's.
inline constexpr const char* guard_command = "upgrade-guard";

struct GuardOrder {
  int heard_on = -1;  ///< its end of the pipe
  pid_t agent = 0;
  std::chrono::milliseconds trial{60'000};
  std::string data_dir;
  std::string binary;     ///< to be put back
  bool put_back = false;  ///< there is a PATH.previous
  std::string from, target;
};

enum class TrialWord : char { healthy = 'h', stopping = 's' };

/// Starts the guard of this process. The result is our end of the pipe.
[[nodiscard]] Result<supervisor::UniqueDescriptor> start_guard(GuardOrder order, const Launch& launch);

/// What the guard's process does. Comes back with its exit code, or not at all.
[[nodiscard]] int run_guard(const std::vector<std::string>& arguments,
                            const std::map<std::string, std::string>& environment);

}  // namespace vf::agent
