// The environment a pipeline's Vector gets. Pure: the agent's own environment is an argument.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vf::supervisor {

using Environment = std::map<std::string, std::string>;

struct ChildEnvironmentRules {
  bool strict = false;             ///< true: of the agent's own variables only those in `allow` are inherited
  std::vector<std::string> allow;  ///< names, and PREFIX_* globs
};

/// What the agent has, minus every VF_* (the token!), systemd's NOTIFY_SOCKET, LISTEN_* and WATCHDOG_*, and the
/// VECTOR_* names that are options of the `vector` command; plus VECTOR_LOG where `log_level` is given, plus what makes
/// Vector 0.57 and later interpolate ${VAR} (older ones ignore it), plus the pipeline's secrets, which win. An
/// allowlist can not bring back VF_*, systemd's or a `vector` option.
[[nodiscard]] Environment child_environment(const Environment& own, const ChildEnvironmentRules& rules,
                                            std::string_view log_level, const Environment& secrets);

}  // namespace vf::supervisor
