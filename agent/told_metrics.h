// What the agent's parts say about themselves, in the words of its metrics and of its log. Pure.
#pragma once

#include "agent/control/control_plane.h"
#include "agent/options.h"
#include "metrics/agent_metrics.h"
#include "supervisor/supervisor.h"

namespace vf::agent {

[[nodiscard]] metrics::LinkState as_metric(Link link);
/// Applied means that it runs, and not only that it is what shall run.
[[nodiscard]] metrics::SyncState as_metric(const supervisor::PipelineStatus& status);
[[nodiscard]] LogLevel as_log_level(supervisor::NoteLevel level);

}  // namespace vf::agent
