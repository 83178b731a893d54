#include "supervisor/rollout.h"

#include <catch2/catch.hpp>
#include <optional>
#include <random>

using namespace vf::supervisor;
using namespace std::chrono_literals;
namespace act = vf::supervisor::rollout_action;
using Stage = Rollout::Stage;

namespace {

/// A rollout over a lifecycle that does at once what it is told.
struct Subject {
  Rollout rollout;
  Lifecycle process;
  RolloutLimits limits;
  TimePoint now{1000s};
  RolloutActions last;

  RolloutActions& feed(const RolloutEvent& event) {
    last = step(rollout, event, process, now, limits, 0.5);  // 0.5: no jitter
    for (const RolloutAction& action : last) {
      if (const auto* run = std::get_if<act::Run>(&action)) runs(run->revision);
      if (const auto* label = std::get_if<act::Relabel>(&action)) process.attempt_revision = label->revision;
      if (std::holds_alternative<act::Revive>(action)) runs(rollout.target);
    }
    return last;
  }
  void runs(std::uint64_t revision) {
    process.wanted = true;
    process.phase = Phase::running;
    process.attempt_revision = process.wanted_revision = revision;
  }
  void wish(std::uint64_t revision) { feed(rollout::Wish{revision, false}); }
  void accept(Replacement by = Replacement::reload) { feed(rollout::Accepted{rollout.number, by}); }
  void refuse() { feed(rollout::Refused{rollout.number}); }
  void fall(bool bad_config = false) {
    process.phase = Phase::backoff;
    feed(rollout::Fell{bad_config});
    process.phase = Phase::running;  // the next attempt
  }
  void to_running(std::uint64_t revision = 1) {
    wish(revision);
    accept();
    REQUIRE(rollout.target == revision);
  }
  void to_good(std::uint64_t revision = 1) {
    to_running(revision);
    feed(rollout::Stable{});
    REQUIRE(rollout.good == revision);
  }
  void to_proving(std::uint64_t revision = 2) {
    wish(revision);
    accept();
    feed(rollout::Loaded{rollout.number});
    REQUIRE(rollout.stage == Stage::proving);
  }
  template <typename A>
  [[nodiscard]] std::optional<A> did() const {
    for (const RolloutAction& action : last)
      if (const auto* found = std::get_if<A>(&action)) return *found;
    return std::nullopt;
  }
  [[nodiscard]] Sync sync() const { return sync_of(rollout); }
};

}  // namespace

TEST_CASE("a new wish is checked before anything else, and run when it is accepted") {
  Subject subject;
  subject.wish(1);
  REQUIRE(subject.did<act::Check>());
  CHECK_FALSE(subject.did<act::Run>());
  CHECK(subject.sync() == Sync::applying);
  subject.accept();
  CHECK(subject.did<act::Run>()->revision == 1);
  CHECK(subject.sync() == Sync::applied);
}

TEST_CASE("a wish that fails its check never touches what runs, and is held") {
  Subject subject;
  subject.to_running();
  subject.wish(2);
  subject.refuse();
  CHECK(subject.did<act::Hold>()->why == WhyHeld::check);
  CHECK_FALSE(subject.did<act::Run>());
  CHECK(subject.rollout.target == 1);
  CHECK(subject.sync() == Sync::refused);
  subject.wish(2);
  CHECK(subject.last.empty());
}

TEST_CASE("with nothing that runs, a refused wish leaves nothing running, or the good version") {
  Subject subject;
  subject.wish(1);
  subject.refuse();
  CHECK_FALSE(subject.did<act::Run>());
  subject = {};
  subject.rollout.good = 7;
  subject.wish(8);
  subject.refuse();
  CHECK(subject.did<act::Run>()->revision == 7);
  CHECK(subject.sync() == Sync::refused);
}

TEST_CASE("the same refused wish is tried again when the binary changes, and only then") {
  Subject subject;
  subject.to_running();
  subject.wish(2);
  subject.refuse();
  subject.feed(rollout::BinaryChanged{});
  CHECK(subject.did<act::Check>()->revision == 2);
  subject.accept();
  CHECK(subject.did<act::Reload>());
  subject = {};
  subject.to_running();
  CHECK(subject.feed(rollout::BinaryChanged{}).empty());
}

TEST_CASE("a change that allows it is a reload, any other a new process") {
  Subject subject;
  subject.to_running();
  subject.wish(2);
  subject.accept(Replacement::reload);
  CHECK(subject.did<act::Reload>()->revision == 2);
  CHECK_FALSE(subject.did<act::Run>());
  subject = {};
  subject.to_running();
  subject.wish(2);
  subject.accept(Replacement::restart);
  CHECK(subject.did<act::Run>()->revision == 2);
  subject = {};
  subject.to_running();
  subject.wish(2);
  subject.accept(Replacement::relabel);
  CHECK(subject.did<act::Relabel>()->revision == 2);
}

TEST_CASE("what is not running cannot be reloaded") {
  for (const Phase phase :
       {Phase::idle, Phase::preparing, Phase::spawning, Phase::starting, Phase::stopping, Phase::backoff}) {
    Subject subject;
    subject.to_running();
    subject.wish(2);
    subject.process.phase = phase;
    subject.accept(Replacement::reload);
    CHECK(subject.did<act::Run>());
  }
}

TEST_CASE("a reload counts when the process is healthy 3 s after Vector said so, and not before") {
  Subject subject;
  subject.to_running();
  subject.to_proving();
  CHECK(subject.rollout.target == 1);
  CHECK(subject.sync() == Sync::applying);
  CHECK(subject.did<act::Arm>()->at == subject.now + 3s);
  subject.feed(rollout::ReloadDue{subject.rollout.number});
  REQUIRE(subject.did<act::Probe>());
  subject.feed(rollout::Proved{subject.rollout.number, true});
  CHECK(subject.did<act::Relabel>()->revision == 2);
  CHECK(subject.sync() == Sync::applied);
}

TEST_CASE("a process that ends after it took a reload comes back at once with what ran before") {
  for (const bool proving : {false, true}) {
    Subject subject;
    subject.to_running();
    subject.wish(2);
    subject.accept();
    if (proving) subject.feed(rollout::Loaded{subject.rollout.number});
    subject.process.phase = Phase::backoff;
    subject.feed(rollout::Fell{false});
    CHECK(subject.did<act::Restore>()->revision == 1);
    CHECK(subject.did<act::Revive>());
    CHECK(subject.did<act::Hold>()->why == WhyHeld::fell_after_reload);
    CHECK(subject.rollout.target == 1);
    CHECK(subject.sync() == Sync::refused);
  }
}

TEST_CASE("a reload that Vector refuses leaves the process and brings the files back") {
  Subject subject;
  subject.to_running();
  subject.wish(2);
  subject.accept();
  subject.feed(rollout::NotLoaded{subject.rollout.number});
  CHECK(subject.did<act::Restore>()->revision == 1);
  CHECK_FALSE(subject.did<act::Revive>());
  CHECK(subject.did<act::Hold>()->why == WhyHeld::reload);
}

TEST_CASE("what Vector says no reload can change is a new process, once") {
  Subject subject;
  subject.to_running();
  subject.wish(2);
  subject.accept();
  subject.feed(rollout::NeedsRestart{subject.rollout.number});
  CHECK(subject.did<act::Run>()->revision == 2);
  CHECK(subject.did<act::Run>()->why == WhyRun::needs_restart);
  CHECK(subject.rollout.stage == Stage::settled);
}

TEST_CASE("a reload without a verdict in 30 s is a new process, once") {
  Subject subject;
  subject.to_running();
  subject.wish(2);
  subject.accept();
  CHECK(subject.did<act::Arm>()->at == subject.now + 30s);
  subject.now += 30s;
  subject.feed(rollout::ReloadDue{subject.rollout.number});
  CHECK(subject.did<act::Run>()->revision == 2);
  CHECK(subject.did<act::Run>()->why == WhyRun::no_verdict);
  CHECK(subject.did<act::Disarm>());
  CHECK(subject.rollout.stage == Stage::settled);
}

TEST_CASE(
    "a process that lives but is not healthy after a reload is probed till the deadline, then replaced by the old "
    "one") {
  Subject subject;
  subject.to_running();
  subject.to_proving();
  subject.now += 3s;
  subject.feed(rollout::Proved{subject.rollout.number, false});
  CHECK(subject.did<act::Arm>());
  CHECK(subject.rollout.stage == Stage::proving);
  subject.now += 27s;
  subject.feed(rollout::Proved{subject.rollout.number, false});
  CHECK(subject.did<act::Revive>());
  CHECK(subject.did<act::Restore>()->revision == 1);
  CHECK(subject.rollout.target == 1);
}

TEST_CASE("files that could not be put in place are no verdict: it is tried again") {
  Subject subject;
  subject.to_running();
  subject.wish(2);
  subject.accept();
  subject.feed(rollout::NotSent{subject.rollout.number});
  CHECK(subject.rollout.stage == Stage::rechecking);
  REQUIRE(subject.did<act::Arm>());
  subject.feed(rollout::RecheckDue{subject.rollout.number});
  CHECK(subject.did<act::Check>()->revision == 2);
}

TEST_CASE("a check that comes to no verdict is made again while something runs, and skipped while nothing does") {
  Subject subject;
  subject.wish(1);
  subject.feed(rollout::Unchecked{subject.rollout.number});
  CHECK(subject.did<act::Run>()->why == WhyRun::unchecked);
  subject.wish(2);
  subject.feed(rollout::Unchecked{subject.rollout.number});
  CHECK_FALSE(subject.did<act::Run>());
  REQUIRE(subject.did<act::Arm>());
  CHECK(subject.did<act::Arm>()->at == subject.now + 1s);
  subject.feed(rollout::RecheckDue{subject.rollout.number});
  subject.feed(rollout::Unchecked{subject.rollout.number});
  CHECK(subject.did<act::Arm>()->at == subject.now + 2s);
  subject.wish(3);
  CHECK(subject.did<act::Check>()->revision == 3);
}

TEST_CASE("a version becomes good after it was healthy for 60 s, by start or by reload") {
  Subject subject;
  subject.to_running();
  CHECK(subject.rollout.good == 0);
  subject.feed(rollout::Stable{});
  CHECK(subject.did<act::Keep>()->revision == 1);
  CHECK(subject.feed(rollout::Stable{}).empty());
  subject.to_proving();
  CHECK(subject.feed(rollout::Stable{}).empty());
  subject.feed(rollout::Proved{subject.rollout.number, true});
  CHECK(subject.rollout.good == 1);
  subject.feed(rollout::Stable{});
  CHECK(subject.rollout.good == 2);
}

TEST_CASE("a version that crashes three times before it was good goes back to the last good one, and is held") {
  Subject subject;
  subject.to_good();
  subject.wish(2);
  subject.accept(Replacement::restart);
  subject.fall();
  CHECK(subject.last.empty());
  subject.fall();
  CHECK(subject.last.empty());
  subject.fall();
  CHECK(subject.did<act::Run>()->revision == 1);
  CHECK(subject.did<act::Run>()->why == WhyRun::rolled_back);
  CHECK(subject.did<act::Hold>()->why == WhyHeld::crashes);
  CHECK(subject.sync() == Sync::rolled_back);
  for (int i = 0; i < 10; ++i) subject.fall();
  CHECK(subject.rollout.target == 1);
}

TEST_CASE("exit code 78 goes back at once") {
  Subject subject;
  subject.to_good();
  subject.wish(2);
  subject.accept(Replacement::restart);
  subject.fall(true);
  CHECK(subject.did<act::Run>()->revision == 1);
  CHECK(subject.did<act::Hold>()->why == WhyHeld::bad_config);
}

TEST_CASE("without a good version there is nothing to go back to: it is kept trying") {
  Subject subject;
  subject.to_running();
  for (int i = 0; i < 5; ++i) subject.fall(i % 2 == 0);
  CHECK(subject.rollout.target == 1);
  CHECK(subject.sync() == Sync::applied);
}

TEST_CASE("a good version that crashes stays the target") {
  Subject subject;
  subject.to_good();
  for (int i = 0; i < 5; ++i) subject.fall(true);
  CHECK(subject.rollout.target == 1);
  CHECK(subject.rollout.refused == 0);
}

TEST_CASE("a wish that comes while a reload is under way waits for its end, and is not forgotten") {
  for (const bool well : {true, false}) {
    Subject subject;
    subject.to_running();
    subject.to_proving();
    subject.wish(3);
    CHECK(subject.last.empty());
    if (well) {
      subject.feed(rollout::Proved{subject.rollout.number, true});
      CHECK(subject.rollout.target == 2);
    } else {
      subject.process.phase = Phase::backoff;
      subject.feed(rollout::Fell{false});
      CHECK(subject.rollout.target == 1);
    }
    CHECK(subject.did<act::Check>()->revision == 3);
  }
}

TEST_CASE("of several wishes during a check the newest counts, and the older answer does not") {
  Subject subject;
  subject.wish(1);
  const std::uint64_t older = subject.rollout.number;
  subject.wish(2);
  CHECK(subject.feed(rollout::Accepted{older, Replacement::reload}).empty());
  CHECK(subject.feed(rollout::Refused{older}).empty());
  subject.accept();
  CHECK(subject.rollout.target == 2);
}

TEST_CASE("a wish taken back is dropped with all that was under way for it") {
  Subject subject;
  subject.to_running();
  subject.to_proving();
  subject.feed(rollout::Unwish{});
  CHECK(subject.did<act::Disarm>());
  CHECK(subject.did<act::Listen>());
  CHECK(subject.feed(rollout::Proved{subject.rollout.number - 1, true}).empty());
  subject.wish(9);
  CHECK(subject.did<act::Check>()->revision == 9);
}

TEST_CASE("an agent that ends judges nothing any more, and forgets nothing that it found") {
  Subject subject;
  subject.to_good();
  subject.wish(2);
  subject.refuse();
  subject.feed(rollout::Abandon{});
  CHECK(subject.sync() == Sync::refused);
  subject = {};
  subject.to_good();
  subject.to_proving();
  const std::uint64_t number = subject.rollout.number;
  subject.feed(rollout::Abandon{});
  CHECK(subject.feed(rollout::Proved{number, false}).empty());
  CHECK(subject.rollout.refused == 0);
  CHECK(subject.rollout.good == 1);
}

TEST_CASE("what an earlier agent ran is taken as it is; a wish for the same changes nothing") {
  Subject subject;
  subject.feed(rollout::Adopted{4, true});
  subject.runs(4);
  CHECK(subject.sync() == Sync::applied);
  CHECK(subject.rollout.good == 4);
  CHECK(subject.feed(rollout::Wish{4, false}).empty());
}

TEST_CASE("what an earlier agent refused stays refused, and the good version runs") {
  Subject subject;
  subject.rollout.good = 1;
  subject.feed(rollout::Held{2});
  CHECK(subject.did<act::Run>()->revision == 1);
  CHECK(subject.sync() == Sync::rolled_back);
  subject = {};
  CHECK(subject.feed(rollout::Held{2}).empty());
  CHECK(subject.sync() == Sync::refused);
}

TEST_CASE("a trusted wish is started without a check where nothing runs") {
  Subject subject;
  subject.feed(rollout::Wish{1, true});
  CHECK(subject.did<act::Run>()->why == WhyRun::trusted);
}

TEST_CASE("whatever happens, a wish leads to the target or is refused, and late answers change nothing") {
  std::minstd_rand random(4711);
  for (int run = 0; run < 300; ++run) {
    Subject subject;
    std::uint64_t newest = 0;
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t n = subject.rollout.number - random() % 2;  // late ones too
      const bool up = subject.process.phase == Phase::running;
      std::vector<RolloutEvent> possible = {rollout::Accepted{n, Replacement::reload},
                                            rollout::Accepted{n, Replacement::restart},
                                            rollout::Accepted{n, Replacement::relabel},
                                            rollout::Refused{n},
                                            rollout::Unchecked{n},
                                            rollout::RecheckDue{n},
                                            rollout::Loaded{n},
                                            rollout::NotLoaded{n},
                                            rollout::NeedsRestart{n},
                                            rollout::NotSent{n},
                                            rollout::ReloadDue{n},
                                            rollout::Proved{n, true},
                                            rollout::Proved{n, false},
                                            rollout::BinaryChanged{}};
      if (random() % 4 == 0) possible = {rollout::Wish{++newest, random() % 5 == 0}};
      if (random() % 40 == 0) possible = {rollout::Unwish{}};
      if (up && random() % 10 == 0) possible = {rollout::Stable{}};
      const bool falls = up && random() % 10 == 0;
      if (falls) possible = {rollout::Fell{random() % 3 == 0}};
      const RolloutEvent event = possible[random() % possible.size()];
      const std::uint64_t before = subject.rollout.target;
      const bool was_accepted = std::holds_alternative<rollout::Accepted>(event);
      if (falls) subject.process.phase = Phase::backoff;
      subject.now += std::chrono::milliseconds(random() % 20000);
      subject.feed(event);
      if (std::holds_alternative<rollout::Unwish>(event)) subject.process = {};
      const Rollout& now = subject.rollout;
      if (now.target != before && before != 0 && now.target != 0) {
        const bool by_right =
            was_accepted || now.target == now.good || std::holds_alternative<rollout::Proved>(event) ||
            std::holds_alternative<rollout::ReloadDue>(event) || std::holds_alternative<rollout::NeedsRestart>(event) ||
            std::holds_alternative<rollout::Unchecked>(event);
        CHECK(by_right);
      }
      const bool settled = now.stage == Stage::settled;
      const bool resolved = now.wished == now.target || now.wished == now.refused;
      CHECK((resolved || !settled));
      if (falls) subject.process.phase = Phase::running;
    }
  }
}
