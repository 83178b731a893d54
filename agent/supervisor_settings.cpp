#include "agent/supervisor_settings.h"

namespace vf::agent {

supervisor::SupervisorSettings supervisor_settings(const Options& options,
                                                   const std::map<std::string, std::string>& environment) {
  supervisor::SupervisorSettings settings;
  settings.data_dir = options.data_dir;
  settings.vector_bin = options.vector_bin;
  settings.files.sidecar =
      options.sidecar == SidecarMode::full ? supervisor::SidecarKind::full : supervisor::SidecarKind::lean;
  settings.files.vector_data_dir = options.vector_data_dir;
  settings.pipeline_limits = options.pipeline_limits;
  settings.rollout.reload_verdict = options.reload_timeout;
  settings.port_base = options.port_base;
  settings.limits.stop_timeout = options.stop_timeout;
  settings.own_environment = environment;
  settings.environment_rules.strict = options.env_allow_set;
  settings.environment_rules.allow = options.env_allow;
  return settings;
}

}  // namespace vf::agent
