#include "supervisor/child_environment.h"

#include <algorithm>
#include <array>

namespace vf::supervisor {
namespace {

// Options of the `vector` command that have an environment variable, over all releases from 0.30 to 0.57: each changes
// what runs, how it logs or how it stops. Other VECTOR_* names (VECTOR_SELF_NODE_NAME, VECTOR_HOSTNAME) are data that
// pipelines need.
constexpr std::array<std::string_view, 26> vector_options = {
    "VECTOR_ALLOCATION_TRACING",
    "VECTOR_ALLOW_EMPTY_CONFIG",
    "VECTOR_CHUNK_SIZE_EVENTS",
    "VECTOR_COLOR",
    "VECTOR_CONFIG",
    "VECTOR_CONFIG_DIR",
    "VECTOR_CONFIG_JSON",
    "VECTOR_CONFIG_TOML",
    "VECTOR_CONFIG_YAML",
    "VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION",
    "VECTOR_DISABLE_ENV_VAR_INTERPOLATION",
    "VECTOR_GRACEFUL_SHUTDOWN_LIMIT_SECS",
    "VECTOR_INTERNAL_LOGS_SOURCE_RATE_LIMIT",
    "VECTOR_INTERNAL_LOG_RATE_LIMIT",
    "VECTOR_LOG",
    "VECTOR_LOG_FORMAT",
    "VECTOR_MAX_DECOMPRESSED_SIZE_BYTES",
    "VECTOR_NO_GRACEFUL_SHUTDOWN_LIMIT",
    "VECTOR_OPENSSL_LEGACY_PROVIDER",
    "VECTOR_OPENSSL_NO_PROBE",
    "VECTOR_RAISE_FD_LIMIT",
    "VECTOR_REQUIRE_HEALTHY",
    "VECTOR_STRICT_ENV_VARS",
    "VECTOR_THREADS",
    "VECTOR_WATCH_CONFIG_METHOD",
    "VECTOR_WATCH_CONFIG",
};

bool is_vector_option(std::string_view name) {
  return name.starts_with("VECTOR_WATCH_CONFIG_") ||
         std::find(vector_options.begin(), vector_options.end(), name) != vector_options.end();
}

bool never_inherited(std::string_view name) {
  return name.starts_with("VF_") || name == "NOTIFY_SOCKET" || name.starts_with("LISTEN_") ||
         name.starts_with("WATCHDOG_") || is_vector_option(name);
}

bool allowed(std::string_view name, const std::vector<std::string>& allow) {
  return std::any_of(allow.begin(), allow.end(), [name](std::string_view pattern) {
    if (!pattern.ends_with('*')) return name == pattern;
    pattern.remove_suffix(1);
    return name.starts_with(pattern);
  });
}

}  // namespace

Environment child_environment(const Environment& own, const ChildEnvironmentRules& rules, std::string_view log_level,
                              const Environment& secrets) {
  Environment child;
  for (const auto& [name, value] : own) {
    if (never_inherited(name)) continue;
    if (rules.strict && !allowed(name, rules.allow)) continue;
    child.emplace(name, value);
  }
  // Always, whatever `vector --version` said: the binary may be replaced between that question and the next start.
  child["VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION"] = "true";
  if (!log_level.empty()) child["VECTOR_LOG"] = log_level;
  for (const auto& [name, value] : secrets) child[name] = value;
  return child;
}

}  // namespace vf::supervisor
