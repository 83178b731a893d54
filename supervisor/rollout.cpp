#include "supervisor/rollout.h"

#include <algorithm>

namespace vf::supervisor {
namespace {

namespace act = rollout_action;
using Stage = Rollout::Stage;

/// One event at one moment; the transitions below are its member functions, one for each event.
struct Transition {
  Rollout& rollout;
  const Lifecycle& process;
  TimePoint now;
  const RolloutLimits& limits;
  double random;
  RolloutActions actions;

  [[nodiscard]] bool reload_under_way() const {
    return rollout.stage == Stage::reloading || rollout.stage == Stage::proving;
  }
  [[nodiscard]] bool process_exists() const {
    return process.phase == Phase::starting || process.phase == Phase::running;
  }
  [[nodiscard]] bool answers(std::uint64_t number, Stage stage) const {
    return number == rollout.number && rollout.stage == stage;
  }

  void operator()(const rollout::Wish& wish) {
    if (wish.revision == rollout.wished) return;
    rollout.wished = wish.revision;
    rollout.checks_in_vain = 0;
    if (reload_under_way()) return;  // its end looks at the wish again
    if (wish.trusted && rollout.target == 0) return run(wish.revision, WhyRun::trusted);
    check();
  }

  void operator()(const rollout::Unwish&) {
    leave_stage();
    rollout.wished = rollout.target = rollout.refused = 0;
    rollout.rolled_back = false;
  }

  void operator()(const rollout::Abandon&) { leave_stage(); }

  void operator()(const rollout::Adopted& adopted) {
    rollout.target = adopted.revision;
    if (rollout.wished == 0) rollout.wished = adopted.revision;
    if (adopted.good) rollout.good = adopted.revision;
  }

  void operator()(const rollout::Resumed& resumed) {
    rollout.target = resumed.revision;
    actions.emplace_back(act::Run{resumed.revision, WhyRun::trusted});
  }

  void operator()(const rollout::Held& held) {
    rollout.wished = rollout.refused = held.revision;
    rollout.rolled_back = rollout.good != 0;
    if (rollout.target == 0 && rollout.good != 0) run(rollout.good, WhyRun::rolled_back);
  }

  void operator()(const rollout::Accepted& accepted) {
    if (!answers(accepted.number, Stage::checking)) return;
    leave_stage();
    rollout.checks_in_vain = 0;
    const bool runs_target = process_exists() && process.attempt_revision == rollout.target;
    if (accepted.by == Replacement::relabel && runs_target) return loaded();
    const bool reloadable = runs_target && process.phase == Phase::running;
    if (accepted.by != Replacement::reload || !reloadable) return run(rollout.candidate, WhyRun::accepted);
    rollout.stage = Stage::reloading;
    rollout.reload_deadline = now + limits.reload_verdict;
    ++rollout.number;
    actions.emplace_back(act::Reload{rollout.number, rollout.candidate});
    arm(rollout.reload_deadline);
  }

  void operator()(const rollout::Refused& refused) {
    if (!answers(refused.number, Stage::checking)) return;
    leave_stage();
    hold(rollout.candidate, WhyHeld::check);
    if (rollout.target != 0)
      actions.emplace_back(act::Restore{rollout.target});  // its certificates, if they were replaced
    // Never ran, or is being replaced by nothing: what was good before is better than nothing.
    if (rollout.target == 0 && rollout.good != 0) run(rollout.good, WhyRun::rolled_back);
  }

  void operator()(const rollout::Unchecked& unchecked) {
    if (!answers(unchecked.number, Stage::checking)) return;
    leave_stage();
    // With nothing to lose Vector's own start is as good a check.
    if (rollout.target == 0 || !process_exists()) return run(rollout.candidate, WhyRun::unchecked);
    rollout.stage = Stage::rechecking;
    arm(now + limits.recheck.delay(++rollout.checks_in_vain, random));
  }

  void operator()(const rollout::RecheckDue& due) {
    if (answers(due.number, Stage::rechecking)) check();
  }

  void operator()(const rollout::Loaded& said) {
    if (!answers(said.number, Stage::reloading)) return;
    rollout.stage = Stage::proving;
    arm(now + limits.prove_after);
  }

  void operator()(const rollout::NotLoaded& said) {
    if (!answers(said.number, Stage::reloading)) return;
    go_back(WhyHeld::reload);
  }

  void operator()(const rollout::NeedsRestart& said) {
    if (!answers(said.number, Stage::reloading)) return;
    leave_stage();
    run(rollout.candidate, WhyRun::needs_restart);
  }

  void operator()(const rollout::NotSent& told) {
    if (!answers(told.number, Stage::reloading)) return;
    leave_stage();
    rollout.stage = Stage::rechecking;
    arm(now + limits.recheck.delay(++rollout.checks_in_vain, random));
  }

  void operator()(const rollout::ReloadDue& due) {
    if (due.number != rollout.number) return;
    if (rollout.stage == Stage::reloading) {
      // It may hang in the reload for good, and does not take another: only a new process tells.
      leave_stage();
      return run(rollout.candidate, WhyRun::no_verdict);
    }
    if (rollout.stage == Stage::proving) actions.emplace_back(act::Probe{rollout.number});
  }

  void operator()(const rollout::Proved& proved) {
    if (!answers(proved.number, Stage::proving)) return;
    if (proved.healthy) {
      leave_stage();
      return loaded();
    }
    if (now < rollout.reload_deadline) return arm(now + limits.probe_again);
    go_back(WhyHeld::unhealthy_after_reload);
    actions.emplace_back(act::Revive{});
  }

  void operator()(const rollout::Fell& fell) {
    if (reload_under_way()) {
      go_back(WhyHeld::fell_after_reload);
      actions.emplace_back(act::Revive{});
      return;
    }
    if (rollout.target == 0 || rollout.target == rollout.good || rollout.good == 0) return;
    ++rollout.crashes;
    if (!fell.bad_config && rollout.crashes < limits.crashes) return;
    hold(rollout.target, fell.bad_config ? WhyHeld::bad_config : WhyHeld::crashes);
    rollout.rolled_back = rollout.refused == rollout.target;
    run(rollout.good, WhyRun::rolled_back);
  }

  void operator()(const rollout::Stable&) {
    if (rollout.target == 0 || reload_under_way() || process.attempt_revision != rollout.target) return;
    rollout.crashes = 0;
    if (rollout.good == rollout.target) return;
    rollout.good = rollout.target;
    actions.emplace_back(act::Keep{rollout.good});
  }

  void operator()(const rollout::RestartAsked&) {
    if (rollout.wished == 0 && rollout.target == 0 && !process.wanted) return;
    if (reload_under_way()) {  // the new process takes what the old one was about to
      leave_stage();
      return run(rollout.candidate, WhyRun::asked);
    }
    if (process.wanted) {
      actions.emplace_back(act::Revive{});
    } else if (rollout.refused != 0) {
      check();  // nothing of it runs, as its wish was refused: judge it again
    }
  }

  void operator()(const rollout::BinaryChanged&) {
    if (rollout.wished == 0 || rollout.refused != rollout.wished || reload_under_way()) return;
    check();
  }

  // --- parts of the above ---

  void arm(TimePoint at) { actions.emplace_back(act::Arm{at, rollout.number}); }

  void check() {
    leave_stage();
    rollout.refused = 0;
    rollout.rolled_back = false;
    rollout.candidate = rollout.wished;
    rollout.stage = Stage::checking;
    ++rollout.number;
    actions.emplace_back(act::Check{rollout.number, rollout.candidate});
  }

  void leave_stage() {
    if (reload_under_way()) actions.emplace_back(act::Listen{});
    if (rollout.stage == Stage::rechecking || reload_under_way()) actions.emplace_back(act::Disarm{});
    rollout.stage = Stage::settled;
    ++rollout.number;
  }

  void run(std::uint64_t revision, WhyRun why) {
    rollout.target = revision;
    rollout.crashes = 0;
    actions.emplace_back(act::Run{revision, why});
    look_again();
  }

  void loaded() {
    rollout.target = rollout.candidate;
    rollout.crashes = 0;
    actions.emplace_back(act::Relabel{rollout.target});
    look_again();
  }

  void go_back(WhyHeld why) {
    leave_stage();
    actions.emplace_back(act::Restore{rollout.target});
    hold(rollout.candidate, why);
    look_again();
  }

  void hold(std::uint64_t revision, WhyHeld why) {
    if (revision == rollout.wished) rollout.refused = revision;  // else it has been replaced already
    actions.emplace_back(act::Hold{revision, why});
  }

  /// A wish that came while something else was under way.
  void look_again() {
    if (rollout.stage != Stage::settled || rollout.wished == 0) return;
    if (rollout.wished != rollout.target && rollout.wished != rollout.refused) check();
  }
};

}  // namespace

RolloutActions step(Rollout& rollout, const RolloutEvent& event, const Lifecycle& process, TimePoint now,
                    const RolloutLimits& limits, double random) {
  Transition transition{rollout, process, now, limits, random, {}};
  std::visit(transition, event);
  return std::move(transition.actions);
}

Sync sync_of(const Rollout& rollout) {
  if (rollout.refused != 0 && rollout.refused == rollout.wished)
    return rollout.rolled_back ? Sync::rolled_back : Sync::refused;
  return rollout.stage == Stage::settled && rollout.wished == rollout.target ? Sync::applied : Sync::applying;
}

std::string_view to_string(Sync sync) {
  switch (sync) {
    case Sync::applying:
      return "applying";
    case Sync::applied:
      return "applied";
    case Sync::refused:
      return "refused";
    case Sync::rolled_back:
      return "rolled back";
  }
  return "?";
}

std::string_view to_string(Rollout::Stage stage) {
  switch (stage) {
    case Stage::settled:
      return "settled";
    case Stage::checking:
      return "checking";
    case Stage::rechecking:
      return "rechecking";
    case Stage::reloading:
      return "reloading";
    case Stage::proving:
      return "proving";
  }
  return "?";
}

}  // namespace vf::supervisor
