// Which Vector the stand-in plays, and what differs between the versions it knows (0.54 and before, 0.55, 0.57 and
// after).
#pragma once

#include <string>
#include <string_view>

namespace standin {

struct Dialect {
  std::string version = "0.54.0";
  int minor = 54;  ///< 0.<minor>.x

  /// 0.55 replaced the GraphQL API (tap at /graphql) by gRPC at the root, and refuses api.graphql and api.playground.
  [[nodiscard]] bool grpc_api() const { return minor >= 55; }
  /// 0.57 leaves ${VAR} as it is unless VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION=true.
  [[nodiscard]] bool interpolation_is_opt_in() const { return minor >= 57; }
  /// 0.57 compiles VRL in `validate --no-environment`, says "Vector is stopping." and wraps tapped events in {"log":
  /// …}.
  [[nodiscard]] bool compiles_vrl_without_environment() const { return minor >= 57; }
  [[nodiscard]] bool says_stopping() const { return minor >= 57; }
  [[nodiscard]] bool tap_wraps_events() const { return minor >= 57; }

  /// What `--version` prints: a real version number first, so that who parses it finds one, then the truth.
  [[nodiscard]] std::string version_line() const {
    return "vector " + version + " (stand-in of vf-agent, not a real Vector)";
  }
};

/// From STANDIN_VECTOR_VERSION ("0.57" or "0.57.1"), else from a program name that ends in "-<version>", else from the
/// name of the file that runs, else 0.54.0.
Dialect detect_dialect(std::string_view program_name, std::string_view own_file);

}  // namespace standin
