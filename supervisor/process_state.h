// The third of the three truths: what is each Vector doing? Words of ours; the wire's five words are mapped elsewhere.
#pragma once

#include <string_view>

namespace vf::supervisor {

enum class ProcessState {
  waiting,     ///< wanted, and something must happen first (its files, a port pair); no process
  starting,    ///< a process exists, its GET /health has not answered yet
  running,     ///< GET /health answered since this process was started
  stopping,    ///< told to end (not wanted any more, or to be replaced); the process still exists
  stopped,     ///< not wanted, no process
  crashed,     ///< ended without being asked, or could not be started; the next start is scheduled
  crash_loop,  ///< crashed three times or more without being healthy for 60 s in between; still retried, for ever
};

[[nodiscard]] std::string_view to_string(ProcessState state);

}  // namespace vf::supervisor
