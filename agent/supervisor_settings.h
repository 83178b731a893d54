// What the options mean for the supervisor. Pure.
#pragma once

#include <map>
#include <string>

#include "agent/options.h"
#include "supervisor/supervisor.h"

namespace vf::agent {

/// `environment`: the agent's own.
[[nodiscard]] supervisor::SupervisorSettings supervisor_settings(const Options& options,
                                                                 const std::map<std::string, std::string>& environment);

}  // namespace vf::agent
