#include "agent/told_metrics.h"

namespace vf::agent {

metrics::LinkState as_metric(Link link) {
  switch (link) {
    case Link::connecting:
      return metrics::LinkState::connecting;
    case Link::connected:
      return metrics::LinkState::connected;
    case Link::degraded:
      return metrics::LinkState::degraded;
    case Link::refused:
      return metrics::LinkState::refused;
  }
  return metrics::LinkState::degraded;
}

metrics::SyncState as_metric(const supervisor::PipelineStatus& status) {
  switch (status.sync) {
    case supervisor::Sync::applying:
      return metrics::SyncState::applying;
    case supervisor::Sync::refused:
      return metrics::SyncState::refused;
    case supervisor::Sync::rolled_back:
      return metrics::SyncState::rolled_back;
    case supervisor::Sync::applied:
      break;
  }
  return status.state == supervisor::ProcessState::running ? metrics::SyncState::applied : metrics::SyncState::applying;
}

LogLevel as_log_level(supervisor::NoteLevel level) {
  switch (level) {
    case supervisor::NoteLevel::debug:
      return LogLevel::debug;
    case supervisor::NoteLevel::info:
      return LogLevel::info;
    case supervisor::NoteLevel::warning:
      return LogLevel::warn;
    case supervisor::NoteLevel::error:
      return LogLevel::error;
  }
  return LogLevel::info;
}

}  // namespace vf::agent
