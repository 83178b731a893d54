// Rollout: which configuration one pipeline's process is to have. Pure. The second of the three truths (is what is
// wanted what we run?); the lifecycle, the third, runs what this one says.
//
// A new wish is checked before anything else happens; what fails the check never touches what runs. What passes
// replaces it, by a reload where the change allows, else by a new process; and what does not stand goes back.
//
// State contract. Revisions number the configurations of one pipeline; 0 stands for none.
//   wished    the newest wish.
//   target    what the lifecycle was told to run.
//   good      the last revision that was healthy for 60 s.
//   refused   a wish that is held: it is not tried again until it, or the Vector binary, changes.
//   stage     what is under way for `candidate`, which is the wish that was newest when it began.
//   number    of what is under way; an answer to another number is dropped.
//
// Invariants
//   - `target` changes only to a revision that was accepted, that was good, or that could not be checked while nothing
//   ran.
//   - A wish that is neither target nor refused has something under way that leads to one of both, as long as it is
//   wished.
//   - At most one reload is under way, and during it the target is the revision to go back to.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "supervisor/lifecycle.h"

namespace vf::supervisor {

struct Rollout {
  enum class Stage {
    settled,     ///< nothing under way
    checking,    ///< `vector validate` runs, or waits for its turn
    rechecking,  ///< the check said nothing about the configuration; the timer for another is armed
    reloading,   ///< the files are in place and SIGHUP was sent, or is about to be; Vector has not said how it went
    proving,     ///< Vector has said that it went well; whether it stays alive and healthy is seen in a moment
  };

  std::uint64_t wished = 0;
  std::uint64_t target = 0;
  std::uint64_t good = 0;
  std::uint64_t refused = 0;
  bool rolled_back = false;  ///< `refused` had been the target
  Stage stage = Stage::settled;
  std::uint64_t candidate = 0;
  std::uint64_t number = 0;
  unsigned crashes = 0;         ///< of the target, since it became one and was not good yet
  unsigned checks_in_vain = 0;  ///< in a row
  TimePoint reload_deadline{};  ///< of the reload under way
};

/// How a wish that passed its check can replace what runs.
enum class Replacement { relabel, reload, restart };

// Two tables.
// clang-format off
namespace rollout {
struct Wish { std::uint64_t revision; bool trusted; };     ///< trusted: it has run healthy before, with this very content
struct Unwish {};
struct Abandon {};                                         ///< the agent ends: nothing begins, nothing is judged any more
struct Adopted { std::uint64_t revision; bool good; };     ///< a process that runs this was taken over
struct Resumed { std::uint64_t revision; };                ///< an earlier agent ran this, and nothing does now
struct Held { std::uint64_t revision; };                   ///< an earlier agent refused this wish
struct Accepted { std::uint64_t number; Replacement by; };
struct Refused { std::uint64_t number; };                  ///< by the check
struct Unchecked { std::uint64_t number; };                ///< the check did not come to a verdict
struct RecheckDue { std::uint64_t number; };
struct Loaded { std::uint64_t number; };                   ///< Vector says so
struct NotLoaded { std::uint64_t number; };                ///< Vector says that it keeps the old one
struct NeedsRestart { std::uint64_t number; };             ///< Vector says that no reload can do it
struct NotSent { std::uint64_t number; };                  ///< the files could not be put in place: Vector knows of nothing
struct ReloadDue { std::uint64_t number; };                ///< time for a verdict, or to look at its health
struct Proved { std::uint64_t number; bool healthy; };
struct Fell { bool bad_config; };                          ///< the process ended without being asked; exit 78: its config
struct Stable {};                                          ///< the process has been healthy for 60 s
struct RestartAsked {};                                    ///< a person wants a new process
struct BinaryChanged {};                                   ///< another Vector may judge differently
}  // namespace rollout

using RolloutEvent = std::variant<rollout::Wish, rollout::Unwish, rollout::Abandon, rollout::Adopted, rollout::Resumed, rollout::Held, rollout::Accepted, rollout::Refused,
                                  rollout::Unchecked, rollout::RecheckDue, rollout::Loaded, rollout::NotLoaded,
                                  rollout::NeedsRestart, rollout::NotSent, rollout::ReloadDue, rollout::Proved, rollout::Fell, rollout::Stable,
                                  rollout::RestartAsked,
                                  rollout::BinaryChanged>;

enum class WhyRun { accepted, unchecked, trusted, no_verdict, needs_restart, asked, rolled_back };
enum class WhyHeld { check, reload, fell_after_reload, unhealthy_after_reload, crashes, bad_config };

namespace rollout_action {
struct Check { std::uint64_t number, revision; };
struct Run { std::uint64_t revision; WhyRun why; };        ///< by a new process; the lifecycle's Want
struct Reload { std::uint64_t number, revision; };         ///< files in place, SIGHUP, listen for the verdict
struct Listen {};                                          ///< no more for a verdict: the reload is over, either way
struct Relabel { std::uint64_t revision; };                ///< what runs is this one by now; the lifecycle's Reloaded
struct Probe { std::uint64_t number; };                    ///< one GET /health
struct Restore { std::uint64_t revision; };                ///< the files of this one back in place
struct Revive {};                                          ///< a new process of the target now, without backoff
struct Hold { std::uint64_t revision; WhyHeld why; };      ///< tell why it is refused
struct Keep { std::uint64_t revision; };                   ///< it is good: remember it
struct Arm { TimePoint at; std::uint64_t number; };        ///< the one timer of a rollout; replaces what was armed
struct Disarm {};
}  // namespace rollout_action
// clang-format on

using RolloutAction =
    std::variant<rollout_action::Check, rollout_action::Run, rollout_action::Reload, rollout_action::Listen,
                 rollout_action::Relabel, rollout_action::Probe, rollout_action::Restore, rollout_action::Revive,
                 rollout_action::Hold, rollout_action::Keep, rollout_action::Arm, rollout_action::Disarm>;
using RolloutActions = std::vector<RolloutAction>;

struct RolloutLimits {
  std::chrono::milliseconds reload_verdict{30000};  ///< from SIGHUP to a verdict, and to health after it
  std::chrono::milliseconds prove_after{3000};      ///< Vector says "has reloaded" and exits a moment later
  std::chrono::milliseconds probe_again{500};
  unsigned crashes = 3;   ///< of a version that was never good, before the good one comes back
  RestartPolicy recheck;  ///< pauses between checks that came to no verdict
};

/// Applies one event. Total. `process` is the lifecycle as the event finds it.
[[nodiscard]] RolloutActions step(Rollout& rollout, const RolloutEvent& event, const Lifecycle& process, TimePoint now,
                                  const RolloutLimits& limits, double random);

/// The second truth in one word.
enum class Sync {
  applying,     ///< the newest wish is on its way
  applied,      ///< it is what runs, or what is being started
  refused,      ///< it is held; what ran before, if anything, runs on
  rolled_back,  ///< it ran, did not stand, and is held; the last good one runs instead
};
[[nodiscard]] Sync sync_of(const Rollout& rollout);
[[nodiscard]] std::string_view to_string(Sync sync);
[[nodiscard]] std::string_view to_string(Rollout::Stage stage);

}  // namespace vf::supervisor
