// StateLoader: one reading of state/, the half of StateDir that is careful about what it finds. Internal to StateDir.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "agent/state/state_dir.h"

namespace vf::agent::state {

inline constexpr std::string_view state_suffix = ".state";
inline constexpr std::string_view live_suffix = ".live";
inline constexpr std::string_view temporary_suffix = ".new";  ///< as supervisor/atomic_file.h names it
inline constexpr const char* desired_name = "desired";
inline constexpr const char* deaths_name = "deaths";
inline constexpr std::string_view desired_kind = "desired";

class StateLoader {
 public:
  StateLoader(const std::string& state_dir, bool keep_secrets);

  /// See StateDir::load. `with_secrets` gets the ids whose files have secrets although none are to be kept.
  [[nodiscard]] LoadedState load(std::set<std::string>& with_secrets);

 private:
  void load_pipelines(std::set<std::string>& with_secrets);
  [[nodiscard]] std::optional<PipelineRecord> load_pipeline(const std::string& path, const std::string& name);
  [[nodiscard]] std::optional<std::string> unsealed(const std::string& path, std::string_view kind);
  /// Names in pipelines/, in order.
  [[nodiscard]] std::set<std::string> names();
  void remove_temporary(const std::string& path);
  void set_aside(const std::string& path, const std::string& reason);
  void stays(const std::string& path, const std::string& reason);

  std::string folder_;     // state/
  std::string pipelines_;  // state/pipelines/
  bool keep_secrets_;
  LoadedState loaded_;
};

}  // namespace vf::agent::state
