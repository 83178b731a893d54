// HeldStops: a wish that would stop too many pipelines at once, kept back until it has been said often enough
// (mass_stop_guard.h), and what is said of that. Loop's thread.
#pragma once

#include <chrono>
#include <optional>

#include "agent/log.h"
#include "agent/mass_stop_guard.h"
#include "supervisor/supervisor.h"

namespace vf::agent {

class HeldStops {
 public:
  /// `most`: VF_MASS_STOP_GUARD.
  HeldStops(std::size_t most, const supervisor::Supervisor& keeper, Log& log)
      : guard_(most), keeper_(keeper), log_(log) {}

  /// What of `desired` may be done now: pipelines whose stop is held are in its `keep`. `interval` between two polls.
  void hold(supervisor::DesiredState& desired, std::chrono::milliseconds interval);
  /// The newest wish, as it was said, while a part of it is held.
  [[nodiscard]] const std::optional<supervisor::DesiredState>& wish() const { return wish_; }

 private:
  MassStopGuard guard_;
  const supervisor::Supervisor& keeper_;
  Log& log_;
  std::optional<supervisor::DesiredState> wish_;
};

}  // namespace vf::agent
