// The five words the wire has for what a Vector is doing. Any other word makes the server refuse the whole heartbeat,
// and the node goes dark. Wire: VectorFlow agent contract v1, heartbeat request, `pipelines[].status`.
#pragma once

#include <string_view>

#include "supervisor/process_state.h"

namespace vf::agent::vectorflow {

/// waiting    PENDING
/// starting   STARTING
/// running    RUNNING
/// stopping   STARTING   a heartbeat lists what must run, so what is stopping there is being replaced or restarted.
/// STOPPED
///                       would show a pipeline as paused by a person, on every node's account, for each deploy.
/// stopped    STOPPED    (who shuts down and will not bring it back reports `stopped`)
/// crashed    CRASHED
/// crash_loop CRASHED
[[nodiscard]] std::string_view wire_status(supervisor::ProcessState state);

}  // namespace vf::agent::vectorflow
