// Lifecycle: one pipeline's life as a pure state machine. The loop records events, `step` decides, the shell
// (supervisor.h) executes the actions; nothing here reads a clock, touches a file or knows a process.
//
// State contract
//   wanted          what the control plane says: must this pipeline run? Set by Want and Unwant only.
//   wanted_revision counts changes of what must run; an attempt carries the revision it was made from.
//   phase           where the current attempt is (below).
//   generation      number of the current attempt; an event of another generation is dropped.
//   failures        attempts that failed in a row without `healthy_for` of health in between.
//
// Invariants
//   - At most one process exists for a pipeline: a new attempt begins only after Exited of the one before.
//   - A wanted pipeline that is not running always has something under way that leads to the next attempt
//     (a preparation, a process, an armed kill or an armed retry): it is never given up.
//   - An exit that nobody asked for is a failure, whatever its status.
//   - Gone is emitted exactly when a pipeline that is not wanted has no process left.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "supervisor/process_state.h"
#include "supervisor/restart_policy.h"

namespace vf::supervisor {

using TimePoint = std::chrono::steady_clock::time_point;

enum class Phase {
  idle,       ///< no attempt under way
  preparing,  ///< files are being written
  spawning,   ///< the shell was told to start the process and has not answered
  starting,   ///< the process exists, health not seen yet
  running,    ///< health seen
  stopping,   ///< SIGTERM was sent; waiting for the exit
  backoff,    ///< failed; the retry timer is armed
};

struct Lifecycle {
  bool wanted = false;
  std::uint64_t wanted_revision = 0;
  Phase phase = Phase::idle;
  std::uint64_t generation = 0;
  std::uint64_t attempt_revision = 0;  ///< revision the current (or last) attempt was made from
  bool superseded = false;             ///< while preparing or spawning: this attempt must be replaced or ended
  unsigned failures = 0;
};

// Two tables.
// clang-format off
namespace event {
struct Want { std::uint64_t revision; };               ///< must run, with this revision (grows with each change)
struct Unwant {};                                      ///< must not run
struct Restart {};                                     ///< a person asked: replace the process by a new one
struct Prepared { std::uint64_t generation; };
struct PrepareFailed { std::uint64_t generation; };
struct Spawned { std::uint64_t generation; };
struct SpawnFailed { std::uint64_t generation; };
struct Healthy { std::uint64_t generation; };
struct Exited { std::uint64_t generation; };           ///< the process ended and its output was read to the end
struct RetryDue { std::uint64_t generation; };
struct StableDue { std::uint64_t generation; };
struct KillDue { std::uint64_t generation; };
struct Reloaded { std::uint64_t revision; };           ///< the running process has this revision now
struct Adopted { std::uint64_t revision; bool stopping; };  ///< an earlier agent started it; stopping: and told it to end
struct KillNow {};                                     ///< the second SIGTERM of the agent: no more patience
}  // namespace event

using Event = std::variant<event::Want, event::Unwant, event::Restart, event::Prepared, event::PrepareFailed,
                           event::Spawned, event::SpawnFailed, event::Healthy, event::Exited, event::RetryDue,
                           event::StableDue, event::KillDue, event::Reloaded, event::Adopted, event::KillNow>;

enum class Timer { retry, stable, kill };

namespace action {
struct Prepare { std::uint64_t generation; };          ///< write this revision's files
struct Spawn { std::uint64_t generation; };
struct WatchHealth { std::uint64_t generation; };      ///< probe until Healthy or until the process ends
struct Terminate { std::uint64_t generation; };        ///< SIGTERM
struct Kill { std::uint64_t generation; bool overdue; };  ///< SIGKILL; overdue: SIGTERM had its time
struct Arm { Timer timer; TimePoint at; std::uint64_t generation; };  ///< replaces the same timer where armed
struct Disarm { Timer timer; };
struct Fell { std::uint64_t generation; };             ///< tell: it ended without being asked
struct Proven { std::uint64_t generation; };           ///< tell: it has been healthy for long enough
struct Gone {};                                        ///< nothing is left; may be forgotten
}  // namespace action
// clang-format on

using Action = std::variant<action::Prepare, action::Spawn, action::WatchHealth, action::Terminate, action::Kill,
                            action::Arm, action::Disarm, action::Fell, action::Proven, action::Gone>;
using Actions = std::vector<Action>;

struct LifecycleLimits {
  RestartPolicy restart;
  std::chrono::milliseconds stop_timeout{65000};  ///< from SIGTERM to SIGKILL
};

/// Applies one event. Total: every phase takes every event. `random` in [0, 1) spreads retries.
[[nodiscard]] Actions step(Lifecycle& life, const Event& event, TimePoint now, const LifecycleLimits& limits,
                           double random);

/// The operator's word for it. A crash loop stays one until health is seen, so that it does not flap.
[[nodiscard]] ProcessState process_state(const Lifecycle& life, const RestartPolicy& policy);

[[nodiscard]] std::string_view to_string(Phase phase);

}  // namespace vf::supervisor
