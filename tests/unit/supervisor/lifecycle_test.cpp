#include "supervisor/lifecycle.h"

#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <random>
#include <utility>

using namespace vf::supervisor;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1000s};

/// A lifecycle with a clock that the test moves and a record of what it asked for.
struct Subject {
  Lifecycle life;
  LifecycleLimits limits;
  TimePoint now = start;
  Actions last;

  Actions& feed(const Event& event) {
    last = step(life, event, now, limits, 0.5);  // 0.5: no jitter
    return last;
  }
  void want(std::uint64_t revision = 1) { feed(event::Want{revision}); }
  void prepared() { feed(event::Prepared{life.generation}); }
  void spawned() { feed(event::Spawned{life.generation}); }
  void healthy() { feed(event::Healthy{life.generation}); }
  void exited() { feed(event::Exited{life.generation}); }
  void to_running(std::uint64_t revision = 1) {
    want(revision);
    prepared();
    spawned();
    healthy();
    REQUIRE(life.phase == Phase::running);
  }

  template <typename A>
  [[nodiscard]] bool did() const {
    for (const Action& action : last)
      if (std::holds_alternative<A>(action)) return true;
    return false;
  }
  [[nodiscard]] std::optional<TimePoint> armed(Timer timer) const {
    for (const Action& action : last)
      if (const auto* arm = std::get_if<action::Arm>(&action); arm != nullptr && arm->timer == timer) return arm->at;
    return std::nullopt;
  }
  [[nodiscard]] ProcessState state() const { return process_state(life, limits.restart); }
};

/// Brings a fresh subject into each phase.
Subject in_phase(Phase phase) {
  Subject subject;
  if (phase == Phase::idle) return subject;
  subject.want();
  if (phase == Phase::preparing) return subject;
  subject.prepared();
  if (phase == Phase::spawning) return subject;
  subject.spawned();
  if (phase == Phase::starting) return subject;
  if (phase == Phase::backoff) {
    subject.exited();
    return subject;
  }
  subject.healthy();
  if (phase == Phase::running) return subject;
  subject.feed(event::Want{2});
  return subject;
}

constexpr Phase all_phases[] = {Phase::idle,    Phase::preparing, Phase::spawning, Phase::starting,
                                Phase::running, Phase::stopping,  Phase::backoff};

}  // namespace

TEST_CASE("a wanted pipeline is prepared, spawned and watched until it is healthy") {
  Subject subject;
  subject.want();
  CHECK(subject.did<action::Prepare>());
  CHECK(subject.state() == ProcessState::waiting);
  subject.prepared();
  CHECK(subject.did<action::Spawn>());
  subject.spawned();
  CHECK(subject.did<action::WatchHealth>());
  CHECK(subject.state() == ProcessState::starting);
  subject.healthy();
  CHECK(subject.state() == ProcessState::running);
}

TEST_CASE("time alone makes nothing run: only health does") {
  Subject subject = in_phase(Phase::starting);
  subject.now += 10min;
  subject.feed(event::StableDue{subject.life.generation});
  CHECK(subject.state() == ProcessState::starting);
}

// Every phase takes every event. The table names the phase that follows; the actions are checked in the cases below.
TEST_CASE("every phase takes every event") {
  using P = Phase;
  const auto want_new = [](std::uint64_t) -> Event { return event::Want{99}; };
  const auto unwant = [](std::uint64_t) -> Event { return event::Unwant{}; };
  const auto restart = [](std::uint64_t) -> Event { return event::Restart{}; };
  const auto prepared = [](std::uint64_t g) -> Event { return event::Prepared{g}; };
  const auto prepare_failed = [](std::uint64_t g) -> Event { return event::PrepareFailed{g}; };
  const auto spawned = [](std::uint64_t g) -> Event { return event::Spawned{g}; };
  const auto spawn_failed = [](std::uint64_t g) -> Event { return event::SpawnFailed{g}; };
  const auto healthy = [](std::uint64_t g) -> Event { return event::Healthy{g}; };
  const auto exited = [](std::uint64_t g) -> Event { return event::Exited{g}; };
  const auto retry = [](std::uint64_t g) -> Event { return event::RetryDue{g}; };
  const auto stable = [](std::uint64_t g) -> Event { return event::StableDue{g}; };
  const auto kill_due = [](std::uint64_t g) -> Event { return event::KillDue{g}; };
  const auto reloaded = [](std::uint64_t) -> Event { return event::Reloaded{99}; };
  const auto adopted = [](std::uint64_t) -> Event { return event::Adopted{99, false}; };
  const auto kill_now = [](std::uint64_t) -> Event { return event::KillNow{}; };
  struct Column {
    const char* name;
    std::function<Event(std::uint64_t)> event;
    Phase to[7];  // from idle, preparing, spawning, starting, running, stopping, backoff
  };
  const Column columns[] = {
      {"Want(new)",
       want_new,
       {P::preparing, P::preparing, P::spawning, P::stopping, P::stopping, P::stopping, P::preparing}},
      {"Unwant", unwant, {P::idle, P::idle, P::spawning, P::stopping, P::stopping, P::stopping, P::idle}},
      {"Restart", restart, {P::idle, P::preparing, P::spawning, P::stopping, P::stopping, P::stopping, P::preparing}},
      {"Prepared", prepared, {P::idle, P::spawning, P::spawning, P::starting, P::running, P::stopping, P::backoff}},
      {"PrepareFailed",
       prepare_failed,
       {P::idle, P::backoff, P::spawning, P::starting, P::running, P::stopping, P::backoff}},
      {"Spawned", spawned, {P::idle, P::preparing, P::starting, P::starting, P::running, P::stopping, P::backoff}},
      {"SpawnFailed",
       spawn_failed,
       {P::idle, P::preparing, P::backoff, P::starting, P::running, P::stopping, P::backoff}},
      {"Healthy", healthy, {P::idle, P::preparing, P::spawning, P::running, P::running, P::stopping, P::backoff}},
      {"Exited", exited, {P::idle, P::preparing, P::spawning, P::backoff, P::backoff, P::preparing, P::backoff}},
      {"RetryDue", retry, {P::idle, P::preparing, P::spawning, P::starting, P::running, P::stopping, P::preparing}},
      {"StableDue", stable, {P::idle, P::preparing, P::spawning, P::starting, P::running, P::stopping, P::backoff}},
      {"KillDue", kill_due, {P::idle, P::preparing, P::spawning, P::starting, P::running, P::stopping, P::backoff}},
      {"Reloaded", reloaded, {P::idle, P::preparing, P::spawning, P::starting, P::running, P::stopping, P::backoff}},
      {"Adopted", adopted, {P::starting, P::preparing, P::spawning, P::starting, P::running, P::stopping, P::backoff}},
      {"KillNow", kill_now, {P::idle, P::preparing, P::spawning, P::stopping, P::stopping, P::stopping, P::backoff}},
  };
  for (const Column& column : columns) {
    for (std::size_t i = 0; i < std::size(all_phases); ++i) {
      Subject subject = in_phase(all_phases[i]);
      subject.feed(column.event(subject.life.generation));
      INFO(column.name << " in " << to_string(all_phases[i]) << " led to " << to_string(subject.life.phase));
      CHECK(subject.life.phase == column.to[i]);
    }
  }
}

TEST_CASE("an event of another generation changes nothing") {
  for (const Phase phase : all_phases) {
    for (const std::uint64_t off : {std::uint64_t{1}, ~std::uint64_t{0}}) {
      Subject subject = in_phase(phase);
      const std::uint64_t other = subject.life.generation + off;
      const Event events[] = {event::Prepared{other},    event::PrepareFailed{other}, event::Spawned{other},
                              event::SpawnFailed{other}, event::Healthy{other},       event::Exited{other},
                              event::RetryDue{other},    event::StableDue{other},     event::KillDue{other}};
      for (const Event& event : events) {
        CHECK(subject.feed(event).empty());
        CHECK(subject.life.phase == phase);
      }
    }
  }
}

TEST_CASE("an exit that nobody asked for is a failure and is retried after 1, 2, 4 … 60 s") {
  Subject subject = in_phase(Phase::running);
  for (const auto expected : {1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 32000ms, 60000ms, 60000ms}) {
    subject.exited();
    REQUIRE(subject.armed(Timer::retry));
    CHECK(*subject.armed(Timer::retry) - subject.now == expected);
    subject.feed(event::RetryDue{subject.life.generation});
    subject.prepared();
    subject.spawned();
  }
}

TEST_CASE("jitter spreads a retry by a fifth either way and never beyond the longest") {
  const RestartPolicy policy;
  CHECK(policy.delay(1, 0.0) == 800ms);
  CHECK(policy.delay(1, 0.999999) < 1201ms);
  CHECK(policy.delay(1, 0.999999) > 1190ms);
  CHECK(policy.delay(1000, 0.999999) == 60000ms);
}

TEST_CASE("60 s of health forget all failures") {
  Subject subject = in_phase(Phase::starting);
  for (int i = 0; i < 4; ++i) {
    subject.exited();
    subject.feed(event::RetryDue{subject.life.generation});
    subject.prepared();
    subject.spawned();
  }
  subject.healthy();
  REQUIRE(subject.armed(Timer::stable) == subject.now + 60s);
  subject.feed(event::StableDue{subject.life.generation});
  subject.exited();
  CHECK(*subject.armed(Timer::retry) - subject.now == 1000ms);
}

TEST_CASE("health shorter than that forgets none") {
  Subject subject = in_phase(Phase::running);
  subject.exited();
  subject.feed(event::RetryDue{subject.life.generation});
  subject.prepared();
  subject.spawned();
  subject.healthy();
  subject.exited();
  CHECK(*subject.armed(Timer::retry) - subject.now == 2000ms);
}

TEST_CASE("the third failure in a row is a crash loop until health is seen") {
  Subject subject = in_phase(Phase::starting);
  const auto fail_and_come_back = [&] {
    subject.exited();
    const ProcessState fallen = subject.state();
    subject.feed(event::RetryDue{subject.life.generation});
    subject.prepared();
    subject.spawned();
    return fallen;
  };
  CHECK(fail_and_come_back() == ProcessState::crashed);
  CHECK(fail_and_come_back() == ProcessState::crashed);
  CHECK(fail_and_come_back() == ProcessState::crash_loop);
  CHECK(subject.state() == ProcessState::crash_loop);  // the next process has not shown health yet
  subject.healthy();
  CHECK(subject.state() == ProcessState::running);
}

TEST_CASE("a process that could not be prepared or started is retried like one that fell") {
  Subject subject = in_phase(Phase::preparing);
  subject.feed(event::PrepareFailed{subject.life.generation});
  CHECK(subject.state() == ProcessState::crashed);
  CHECK(subject.armed(Timer::retry));
  subject = in_phase(Phase::spawning);
  subject.feed(event::SpawnFailed{subject.life.generation});
  CHECK(subject.state() == ProcessState::crashed);
  CHECK(subject.armed(Timer::retry));
}

TEST_CASE("a change replaces the process: SIGTERM first, the new one after its exit") {
  Subject subject = in_phase(Phase::running);
  subject.feed(event::Want{2});
  CHECK(subject.did<action::Terminate>());
  CHECK_FALSE(subject.did<action::Prepare>());
  CHECK(subject.armed(Timer::kill) == subject.now + subject.limits.stop_timeout);
  subject.exited();
  CHECK(subject.did<action::Prepare>());
  CHECK(subject.life.attempt_revision == 2);
}

TEST_CASE("of several changes during a stop the newest is started") {
  Subject subject = in_phase(Phase::stopping);
  subject.feed(event::Want{3});
  subject.feed(event::Want{7});
  subject.exited();
  CHECK(subject.life.attempt_revision == 7);
}

TEST_CASE("a change while files are written prepares the newest and drops the older answer") {
  Subject subject = in_phase(Phase::preparing);
  const std::uint64_t old_generation = subject.life.generation;
  subject.feed(event::Want{2});
  CHECK(subject.did<action::Prepare>());
  CHECK(subject.feed(event::Prepared{old_generation}).empty());
  CHECK(subject.life.phase == Phase::preparing);
}

TEST_CASE("a change between spawn and its answer ends the process that comes of it") {
  Subject subject = in_phase(Phase::spawning);
  subject.feed(event::Want{2});
  CHECK(subject.last.empty());
  subject.spawned();
  CHECK(subject.did<action::Terminate>());
  CHECK_FALSE(subject.did<action::WatchHealth>());
}

TEST_CASE("a reload gives the process its new revision, and it must stand as long as a new one") {
  Subject subject = in_phase(Phase::running);
  subject.feed(event::Reloaded{2});
  CHECK(subject.life.attempt_revision == 2);
  CHECK(subject.armed(Timer::stable) == subject.now + 60s);
  subject.feed(event::Want{2});
  CHECK(subject.last.empty());
  subject.feed(event::StableDue{subject.life.generation});
  CHECK(subject.did<action::Proven>());
}

TEST_CASE("a process that was taken over is watched until it is healthy, and its end is a failure like any other") {
  Subject subject;
  subject.feed(event::Adopted{7, false});
  CHECK(subject.did<action::WatchHealth>());
  CHECK_FALSE(subject.did<action::Spawn>());
  subject.feed(event::Want{7});
  CHECK(subject.last.empty());
  subject.healthy();
  CHECK(subject.state() == ProcessState::running);
  subject.exited();
  CHECK(subject.did<action::Fell>());
  CHECK(subject.armed(Timer::retry));
}

TEST_CASE("a process that was taken over while it was being stopped is told again, and followed by what is wanted") {
  Subject subject;
  subject.feed(event::Adopted{7, true});
  CHECK(subject.did<action::Terminate>());
  CHECK(subject.armed(Timer::kill));
  subject.want(8);
  CHECK(subject.last.empty());
  subject.exited();
  CHECK_FALSE(subject.did<action::Fell>());
  CHECK(subject.did<action::Prepare>());
}

TEST_CASE("a slow stop is ended by SIGKILL, and only then") {
  Subject subject = in_phase(Phase::stopping);
  subject.feed(event::KillDue{subject.life.generation});
  CHECK(subject.did<action::Kill>());
  CHECK(subject.life.phase == Phase::stopping);  // until the exit is seen
}

TEST_CASE("an exit while stopping is no failure") {
  Subject subject = in_phase(Phase::stopping);
  subject.exited();
  CHECK(subject.life.failures == 0);
  CHECK(subject.did<action::Disarm>());
}

TEST_CASE("a pipeline not wanted any more is gone once its process is") {
  Subject subject = in_phase(Phase::running);
  subject.feed(event::Unwant{});
  CHECK_FALSE(subject.did<action::Gone>());
  subject.exited();
  CHECK(subject.did<action::Gone>());
  for (const Phase phase : {Phase::idle, Phase::preparing, Phase::backoff}) {
    subject = in_phase(phase);
    subject.feed(event::Unwant{});
    CHECK(subject.did<action::Gone>());
  }
  subject = in_phase(Phase::spawning);
  subject.feed(event::Unwant{});
  CHECK_FALSE(subject.did<action::Gone>());
  subject.feed(event::SpawnFailed{subject.life.generation});
  CHECK(subject.did<action::Gone>());
}

TEST_CASE("wanted again while it is being stopped, it comes back") {
  Subject subject = in_phase(Phase::running);
  subject.feed(event::Unwant{});
  subject.feed(event::Want{5});
  subject.exited();
  CHECK(subject.did<action::Prepare>());
  CHECK(subject.life.attempt_revision == 5);
}

TEST_CASE("a new configuration is tried at once, whatever the old one's failures") {
  Subject subject = in_phase(Phase::backoff);
  subject.life.failures = 6;
  subject.feed(event::Want{2});
  CHECK(subject.did<action::Prepare>());
  CHECK(subject.life.failures == 0);
}

TEST_CASE("a restart that a person asked for does not wait for the backoff") {
  Subject subject = in_phase(Phase::backoff);
  subject.feed(event::Restart{});
  CHECK(subject.did<action::Prepare>());
  subject = in_phase(Phase::running);
  subject.feed(event::Restart{});
  CHECK(subject.did<action::Terminate>());
}

TEST_CASE("whatever happens, there is one process at most and a wanted pipeline is never given up") {
  std::minstd_rand random(4711);
  for (int run = 0; run < 200; ++run) {
    Subject subject;
    bool process = false;  // what a shell would know
    bool terminated = false;
    bool retry = false;
    bool kill = false;
    for (int i = 0; i < 300; ++i) {
      std::vector<Event> possible = {event::Want{subject.life.wanted_revision},
                                     event::Want{subject.life.wanted_revision + 1}, event::Unwant{}, event::Restart{}};
      const std::uint64_t g = subject.life.generation;
      if (subject.life.phase == Phase::preparing)
        possible.insert(possible.end(), {event::Prepared{g}, event::PrepareFailed{g}});
      if (subject.life.phase == Phase::spawning)
        possible.insert(possible.end(), {event::Spawned{g}, event::SpawnFailed{g}});
      if (process) possible.insert(possible.end(), {event::Exited{g}, event::Healthy{g}, event::Exited{g}});
      if (retry) possible.emplace_back(event::RetryDue{g});
      if (kill) possible.emplace_back(event::KillDue{g});
      const Event event = possible[random() % possible.size()];
      if (std::holds_alternative<event::Spawned>(event)) {
        REQUIRE_FALSE(process);
        process = true;
        terminated = false;
      }
      if (std::holds_alternative<event::Exited>(event)) process = false;
      subject.feed(event);
      for (const Action& action : subject.last) {
        if (const auto* arm = std::get_if<action::Arm>(&action)) {
          if (arm->timer == Timer::retry) retry = true;
          if (arm->timer == Timer::kill) kill = true;
        }
        if (const auto* disarm = std::get_if<action::Disarm>(&action)) {
          if (disarm->timer == Timer::retry) retry = false;
          if (disarm->timer == Timer::kill) kill = false;
        }
        if (std::holds_alternative<action::Spawn>(action)) REQUIRE_FALSE(process);
        if (std::holds_alternative<action::Prepare>(action)) REQUIRE_FALSE(process);
        if (std::holds_alternative<action::Gone>(action)) REQUIRE_FALSE(process);
        if (std::holds_alternative<action::Terminate>(action)) {
          REQUIRE(process);
          REQUIRE_FALSE(std::exchange(terminated, true));
        }
      }
      if (subject.life.phase != Phase::backoff) retry = false;
      if (!subject.life.wanted) continue;
      const Phase phase = subject.life.phase;
      const bool leads_on = phase == Phase::preparing || phase == Phase::spawning || process || retry;
      REQUIRE(leads_on);
      if (phase == Phase::stopping) REQUIRE(kill);
    }
  }
}
