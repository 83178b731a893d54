#include "supervisor/lifecycle.h"

namespace vf::supervisor {
namespace {

/// One event at one moment; the transitions below are its member functions, one for each event.
struct Transition {
  Lifecycle& life;
  TimePoint now;
  const LifecycleLimits& limits;
  double random;
  Actions actions;

  void operator()(const event::Want& want) {
    const bool changed = !life.wanted || want.revision != life.wanted_revision;
    life.wanted = true;
    life.wanted_revision = want.revision;
    if (!changed) return;
    switch (life.phase) {
      case Phase::idle:
        return attempt();
      case Phase::preparing:
        return attempt();  // what was being prepared is old: its answer is dropped by generation
      case Phase::spawning:
        life.superseded = true;
        return;
      case Phase::starting:
      case Phase::running:
        if (life.attempt_revision == want.revision) return;
        life.failures = 0;
        return terminate();
      case Phase::stopping:
        life.failures = 0;
        return;  // the exit starts the newest revision
      case Phase::backoff:
        life.failures = 0;  // failures of another configuration say nothing about this one
        actions.emplace_back(action::Disarm{Timer::retry});
        return attempt();
    }
  }

  void operator()(const event::Unwant&) {
    life.wanted = false;
    switch (life.phase) {
      case Phase::idle:
        return gone();
      case Phase::preparing:
        return gone();
      case Phase::spawning:
        life.superseded = true;
        return;
      case Phase::starting:
      case Phase::running:
        return terminate();
      case Phase::stopping:
        return;
      case Phase::backoff:
        actions.emplace_back(action::Disarm{Timer::retry});
        return gone();
    }
  }

  void operator()(const event::Restart&) {
    if (!life.wanted) return;
    life.failures = 0;
    switch (life.phase) {
      case Phase::idle:
        return attempt();
      case Phase::preparing:
      case Phase::spawning:
      case Phase::stopping:
        return;  // a fresh process is on its way already
      case Phase::starting:
      case Phase::running:
        return terminate();
      case Phase::backoff:
        actions.emplace_back(action::Disarm{Timer::retry});
        return attempt();
    }
  }

  void operator()(const event::Prepared& done) {
    if (done.generation != life.generation || life.phase != Phase::preparing) return;
    life.phase = Phase::spawning;
    actions.emplace_back(action::Spawn{life.generation});
  }

  void operator()(const event::PrepareFailed& done) {
    if (done.generation == life.generation && life.phase == Phase::preparing) failed();
  }

  void operator()(const event::Spawned& done) {
    if (done.generation != life.generation || life.phase != Phase::spawning) return;
    life.phase = Phase::starting;
    if (life.superseded) return terminate();
    actions.emplace_back(action::WatchHealth{life.generation});
  }

  void operator()(const event::SpawnFailed& done) {
    if (done.generation != life.generation || life.phase != Phase::spawning) return;
    if (!life.wanted) return gone();
    if (life.superseded) return attempt();
    failed();
  }

  void operator()(const event::Healthy& seen) {
    if (seen.generation != life.generation || life.phase != Phase::starting) return;
    life.phase = Phase::running;
    actions.emplace_back(action::Arm{Timer::stable, now + limits.restart.healthy_for, life.generation});
  }

  void operator()(const event::Exited& exit) {
    if (exit.generation != life.generation) return;
    switch (life.phase) {
      case Phase::starting:
      case Phase::running:
        actions.emplace_back(action::Disarm{Timer::stable});
        failed();
        actions.emplace_back(action::Fell{life.generation});
        return;
      case Phase::stopping:
        actions.emplace_back(action::Disarm{Timer::kill});
        return life.wanted ? attempt() : gone();
      case Phase::idle:
      case Phase::preparing:
      case Phase::spawning:
      case Phase::backoff:
        return;  // no process of this generation exists in these
    }
  }

  void operator()(const event::RetryDue& due) {
    if (due.generation == life.generation && life.phase == Phase::backoff) attempt();
  }

  void operator()(const event::StableDue& due) {
    if (due.generation != life.generation || life.phase != Phase::running) return;
    life.failures = 0;
    actions.emplace_back(action::Proven{life.generation});
  }

  void operator()(const event::KillDue& due) {
    if (due.generation == life.generation && life.phase == Phase::stopping)
      actions.emplace_back(action::Kill{life.generation, true});
  }

  void operator()(const event::Reloaded& reloaded) {
    if (life.phase != Phase::starting && life.phase != Phase::running) return;
    life.wanted_revision = life.attempt_revision = reloaded.revision;
    // It has to stand as long as a new process would.
    if (life.phase == Phase::running)
      actions.emplace_back(action::Arm{Timer::stable, now + limits.restart.healthy_for, life.generation});
  }

  void operator()(const event::Adopted& adopted) {
    if (life.phase != Phase::idle) return;
    ++life.generation;
    life.wanted = !adopted.stopping;
    life.wanted_revision = life.attempt_revision = adopted.revision;
    life.phase = Phase::starting;
    if (adopted.stopping) return terminate();  // again: the signal may never have been sent
    actions.emplace_back(action::WatchHealth{life.generation});
  }

  void operator()(const event::KillNow&) {
    switch (life.phase) {
      case Phase::starting:
      case Phase::running:
        life.phase = Phase::stopping;
        [[fallthrough]];
      case Phase::stopping:
        actions.emplace_back(action::Kill{life.generation, false});
        return;
      case Phase::idle:
      case Phase::preparing:
      case Phase::spawning:
      case Phase::backoff:
        return;
    }
  }

  void attempt() {
    ++life.generation;
    life.attempt_revision = life.wanted_revision;
    life.superseded = false;
    life.phase = Phase::preparing;
    actions.emplace_back(action::Prepare{life.generation});
  }

  void terminate() {
    life.phase = Phase::stopping;
    actions.emplace_back(action::Disarm{Timer::stable});
    actions.emplace_back(action::Terminate{life.generation});
    actions.emplace_back(action::Arm{Timer::kill, now + limits.stop_timeout, life.generation});
  }

  void failed() {
    ++life.failures;
    life.phase = Phase::backoff;
    actions.emplace_back(action::Arm{Timer::retry, now + limits.restart.delay(life.failures, random), life.generation});
  }

  void gone() {
    ++life.generation;  // whatever is still under way belongs to the past
    life.phase = Phase::idle;
    life.superseded = false;
    life.failures = 0;
    actions.emplace_back(action::Gone{});
  }
};

}  // namespace

Actions step(Lifecycle& life, const Event& event, TimePoint now, const LifecycleLimits& limits, double random) {
  Transition transition{life, now, limits, random, {}};
  std::visit(transition, event);
  return std::move(transition.actions);
}

ProcessState process_state(const Lifecycle& life, const RestartPolicy& policy) {
  const bool looping = life.failures >= policy.crash_loop_after;
  switch (life.phase) {
    case Phase::idle:
      return ProcessState::stopped;
    case Phase::preparing:
    case Phase::spawning:
      return looping ? ProcessState::crash_loop : ProcessState::waiting;
    case Phase::starting:
      return looping ? ProcessState::crash_loop : ProcessState::starting;
    case Phase::running:
      return ProcessState::running;
    case Phase::stopping:
      return ProcessState::stopping;
    case Phase::backoff:
      return looping ? ProcessState::crash_loop : ProcessState::crashed;
  }
  return ProcessState::stopped;
}

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::idle:
      return "idle";
    case Phase::preparing:
      return "preparing";
    case Phase::spawning:
      return "spawning";
    case Phase::starting:
      return "starting";
    case Phase::running:
      return "running";
    case Phase::stopping:
      return "stopping";
    case Phase::backoff:
      return "backoff";
  }
  return "?";
}

}  // namespace vf::supervisor
