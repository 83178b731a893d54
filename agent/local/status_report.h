// StatusReport: the host's own view of its agent, as `vf-agent status` shows it. Made by the agent, as JSON, in
// GET /status of the local socket. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/control/control_plane.h"
#include "agent/state/deaths.h"
#include "supervisor/supervisor.h"

namespace vf::agent {

struct StatusReport {
  std::string version;
  std::int64_t pid = 0;
  std::chrono::seconds uptime{0};
  std::string control_plane;  ///< VF_URL
  LinkState link;
  std::string vector_version;  ///< "" while unknown
  std::string upgrade;         ///< what is under way, in words; "" where nothing is
  struct Pipeline {
    supervisor::PipelineStatus status;
    std::chrono::seconds uptime{0};  ///< of its process
    std::string refusal;             ///< why its newest wish could not even be understood; "" where it could
  };
  std::vector<Pipeline> pipelines;
  std::vector<state::Death> deaths;  ///< newest first
};

/// One JSON object; its members are named as here, with lower camel case. `ok` says whether all is well.
[[nodiscard]] std::string to_json(const StatusReport& report);

/// All is well: the control plane is reached and everything it wants runs as it wants.
[[nodiscard]] bool is_all_well(const StatusReport& report);

}  // namespace vf::agent
