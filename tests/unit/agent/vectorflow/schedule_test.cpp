#include "agent/control/vectorflow/schedule.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

using namespace vf::agent;
using namespace vf::agent::vectorflow;
using namespace std::chrono_literals;

namespace {

/// A schedule, a clock that jumps from one due moment to the next, and a server that answers after `latency`.
struct Fleetless {
  TimePoint now{1000s};
  Schedule schedule;
  Duration latency = 0ms;
  std::map<Call, int> status;  // 200 where none is given
  std::optional<std::chrono::seconds> retry_after;
  std::vector<std::pair<TimePoint, Call>> sent;
  std::vector<std::pair<TimePoint, Call>> under_way;  // answered at

  explicit Fleetless(bool enrolled = true, Schedule::Settings settings = {15000ms, 2000ms})
      : schedule(settings, enrolled, now) {}

  void look() {
    for (const Call call : schedule.due(now)) {
      sent.emplace_back(now, call);
      under_way.emplace_back(now + latency, call);
    }
  }
  /// Lets time pass, event by event.
  void run(Duration time) {
    const TimePoint until = now + time;
    look();
    for (;;) {
      std::optional<TimePoint> next = schedule.next(now);
      for (const auto& [at, call] : under_way)
        if (!next || at < *next) next = at;
      if (!next || *next > until) break;
      now = std::max(now, *next);
      answer_what_is_due();
      look();
    }
    now = until;
  }
  void answer_what_is_due() {
    for (std::size_t i = 0; i < under_way.size();) {
      if (under_way[i].first > now) {
        ++i;
        continue;
      }
      const Call call = under_way[i].second;
      under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(i));
      const int code = status.contains(call) ? status[call] : 200;
      schedule.on_answer(call, {code, code == 200 ? std::nullopt : retry_after, code == 200 ? "" : "why"}, false, now,
                         0.5);
    }
  }
  [[nodiscard]] std::vector<TimePoint> times(Call call) const {
    std::vector<TimePoint> found;
    for (const auto& [at, what] : sent)
      if (what == call) found.push_back(at);
    return found;
  }
  [[nodiscard]] std::size_t count(Call call) const { return times(call).size(); }
  /// The most calls of a kind within any window of the server's.
  [[nodiscard]] std::size_t most_in_a_minute(Call call) const {
    const auto all = times(call);
    std::size_t most = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
      most = std::max<std::size_t>(
          most, static_cast<std::size_t>(std::count_if(all.begin(), all.end(),
                                                       [&](TimePoint t) { return t >= all[i] && t < all[i] + 60s; })));
    return most;
  }
};

}  // namespace

TEST_CASE("the first poll goes out at once") {
  Fleetless node;
  node.look();
  REQUIRE(node.sent.size() == 1);
  CHECK(node.sent[0] == std::pair(node.now, Call::poll));
}

TEST_CASE("nothing but the enrolment goes out before the node is enrolled") {
  Fleetless node(false);
  node.status[Call::enroll] = 503;
  node.schedule.on_state_changed(node.now);
  node.schedule.on_lines(node.now);
  node.run(10min);
  CHECK(node.count(Call::enroll) > 5);
  CHECK(node.sent.size() == node.count(Call::enroll));
  node.status[Call::enroll] = 200;
  node.run(5min);
  CHECK(node.count(Call::poll) > 0);
}

TEST_CASE("a failing enrolment is retried for ever and within the server's 10 a minute") {
  Fleetless node(false);
  for (const int status : {0, 500, 429}) {
    node.status[Call::enroll] = status;
    const std::size_t before = node.count(Call::enroll);
    node.run(30min);
    CHECK(node.count(Call::enroll) >= before + 10);
  }
  CHECK(node.most_in_a_minute(Call::enroll) <= 8);
}

TEST_CASE("a refused enrolment is said and retried slowly") {
  for (const int status : {401, 402, 403}) {
    Fleetless node(false);
    node.status[Call::enroll] = status;
    node.run(1h);
    CHECK(node.schedule.link().link == Link::refused);
    CHECK(node.count(Call::enroll) >= 10);
    CHECK(node.count(Call::enroll) <= 15);
  }
}

TEST_CASE("a heartbeat follows each regular poll at once") {
  Fleetless node;
  node.latency = 300ms;
  node.run(5min);
  const auto polls = node.times(Call::poll);
  const auto heartbeats = node.times(Call::heartbeat);
  REQUIRE(polls.size() >= 18);
  REQUIRE(heartbeats.size() + 1 >= polls.size());  // the last poll may be unanswered yet
  for (std::size_t i = 0; i < heartbeats.size(); ++i) CHECK(heartbeats[i] - polls[i] == 300ms);
}

TEST_CASE("a stuck poll does not keep heartbeats back") {
  Fleetless node;
  node.run(1s);
  node.latency = 10min;
  node.run(17s);  // the second poll is stuck from here on
  const std::size_t before = node.count(Call::heartbeat);
  // Heartbeats are answered, only the poll is not.
  for (int i = 0; i < 6; ++i) {
    node.run(17s);
    if (node.schedule.in_flight(Call::heartbeat))
      node.schedule.on_answer(Call::heartbeat, {200, {}, ""}, false, node.now, 0.5);
  }
  CHECK(node.count(Call::heartbeat) >= before + 4);
}

TEST_CASE("heartbeats that are held go out once they are not, and polls go on meanwhile") {
  Fleetless node;
  node.schedule.hold_heartbeats(true);
  node.schedule.on_state_changed(node.now);
  node.run(60s);
  const auto count = [&](Call call) {
    return std::count_if(node.sent.begin(), node.sent.end(), [&](const auto& sent) { return sent.second == call; });
  };
  CHECK(count(Call::heartbeat) == 0);
  CHECK(count(Call::poll) >= 3);
  CHECK_FALSE(node.schedule.take_last(Call::heartbeat, node.now));
  node.schedule.hold_heartbeats(false);
  node.run(200ms);
  CHECK(count(Call::heartbeat) == 1);
}

TEST_CASE("a stuck heartbeat does not keep polls back") {
  Fleetless node;
  node.latency = 0ms;
  node.look();
  node.answer_what_is_due();
  for (const Call call : node.schedule.due(node.now)) CHECK(call == Call::heartbeat);  // never answered
  node.schedule.on_config_changed(node.now + 2s);
  const auto next = node.schedule.due(node.now + 2s);
  CHECK(next == std::vector<Call>{Call::poll});
}

TEST_CASE("200 pushed changes in 2 s cost a handful of polls, and the last is polled within 3 s") {
  for (const Duration latency : {0ms, 300ms, 1500ms}) {
    Fleetless node;
    node.latency = latency;
    node.run(40s);
    const std::size_t before = node.count(Call::poll);
    TimePoint last{};
    for (int i = 0; i < 200; ++i) {
      node.schedule.on_config_changed(node.now);
      last = node.now;
      node.run(10ms);
    }
    node.run(10s);
    CHECK(node.count(Call::poll) - before <= 6);
    const auto polls = node.times(Call::poll);
    const auto after = std::find_if(polls.begin(), polls.end(), [&](TimePoint at) { return at >= last; });
    REQUIRE(after != polls.end());
    CHECK(*after - last <= 3s);
  }
}

TEST_CASE("changes pushed without end never cost more than the server allows, and none waits longer than 3 s") {
  Fleetless node;
  TimePoint last_push = node.now;
  for (int i = 0; i < 3000; ++i) {
    node.schedule.on_config_changed(node.now);
    last_push = node.now;
    node.run(100ms);
  }
  node.run(4s);
  CHECK(node.most_in_a_minute(Call::poll) <= 28);
  const auto polls = node.times(Call::poll);
  CHECK(polls.back() >= last_push);
  for (std::size_t i = 1; i < polls.size(); ++i) CHECK(polls[i] - polls[i - 1] <= 3s);
}

TEST_CASE("a change pushed while a poll is in flight is polled for after it") {
  Fleetless node;
  node.latency = 1500ms;
  node.run(100ms);
  node.schedule.on_config_changed(node.now);
  node.run(5s);
  CHECK(node.count(Call::poll) == 2);
}

TEST_CASE("a change of state is told within 0.2 s, and many at once a second apart") {
  Fleetless node;
  node.run(5s);
  const std::size_t before = node.count(Call::heartbeat);
  node.schedule.on_state_changed(node.now);
  node.run(200ms);
  CHECK(node.count(Call::heartbeat) == before + 1);
  for (int i = 0; i < 100; ++i) {
    node.schedule.on_state_changed(node.now);
    node.run(20ms);
  }
  node.run(3s);
  CHECK(node.count(Call::heartbeat) <= before + 5);
  const auto all = node.times(Call::heartbeat);
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i] - all[i - 1] >= 1s);
}

TEST_CASE("a node that never stops changing keeps the heartbeat limit") {
  Fleetless node;
  for (int i = 0; i < 6000; ++i) {
    node.schedule.on_state_changed(node.now);
    node.run(50ms);
  }
  CHECK(node.most_in_a_minute(Call::heartbeat) <= 28);
}

TEST_CASE("Retry-After is obeyed by the call it was said to") {
  Fleetless node;
  node.run(1s);
  node.status[Call::poll] = 429;
  node.retry_after = 40s;
  node.run(20s);
  const auto polls = node.times(Call::poll);
  const TimePoint refused = polls.back();
  node.status[Call::poll] = 200;
  node.schedule.on_config_changed(node.now);
  node.run(2min);
  const auto after = node.times(Call::poll);
  const auto next = std::find_if(after.begin(), after.end(), [&](TimePoint at) { return at > refused; });
  REQUIRE(next != after.end());
  CHECK(*next - refused >= 40s);
}

TEST_CASE("a refused node token slows everything down until a poll succeeds again") {
  Fleetless node;
  node.run(1min);
  node.status[Call::poll] = 401;
  node.status[Call::heartbeat] = 401;
  node.run(30s);
  const std::size_t polls = node.count(Call::poll);
  const std::size_t heartbeats = node.count(Call::heartbeat);
  node.schedule.on_lines(node.now);
  node.run(10min);
  CHECK(node.schedule.link().link == Link::refused);
  CHECK(node.count(Call::poll) - polls <= 11);
  CHECK(node.count(Call::poll) - polls >= 9);
  CHECK(node.count(Call::heartbeat) == heartbeats);
  CHECK(node.count(Call::logs) == 0);
  node.status.clear();
  node.run(2min);
  CHECK(node.schedule.link().link == Link::connected);
  CHECK(node.count(Call::heartbeat) > heartbeats);
  CHECK(node.count(Call::logs) == 1);
}

TEST_CASE("a server that is away is polled with growing pauses, never beyond the interval") {
  Fleetless node;
  node.run(20s);
  node.status[Call::poll] = 0;
  node.status[Call::heartbeat] = 0;
  node.run(10min);
  CHECK(node.schedule.link().link == Link::degraded);
  const auto polls = node.times(Call::poll);
  for (std::size_t i = 2; i < polls.size(); ++i) CHECK(polls[i] - polls[i - 1] <= 16s);
  CHECK(node.most_in_a_minute(Call::poll) <= 28);
}

TEST_CASE("logs go out at most once an interval, and never without lines") {
  Fleetless node;
  node.run(1min);
  CHECK(node.count(Call::logs) == 0);
  for (int i = 0; i < 1000; ++i) {
    node.schedule.on_lines(node.now);
    node.run(10ms);
  }
  CHECK(node.count(Call::logs) <= 6);
  const auto all = node.times(Call::logs);
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i] - all[i - 1] >= 2s);
}

TEST_CASE("a new interval counts from the last poll") {
  Fleetless node;
  node.run(4s);
  node.schedule.on_interval(5000ms, node.now);
  node.run(1100ms);
  CHECK(node.count(Call::poll) == 2);
  node.run(20s);
  CHECK(node.count(Call::poll) >= 5);
}

TEST_CASE("a heartbeat that was told to wait goes out as soon as the wait is over") {
  Fleetless node(true, {60000ms, 2000ms});
  node.run(5s);
  node.status[Call::heartbeat] = 429;
  node.retry_after = 3s;
  node.schedule.on_state_changed(node.now);
  node.run(1s);
  const TimePoint refused = node.times(Call::heartbeat).back();
  node.status.clear();
  node.run(5s);
  CHECK(node.times(Call::heartbeat).back() - refused >= 3s);
  CHECK(node.times(Call::heartbeat).back() - refused <= 4s);
}

TEST_CASE("last words are not sent where the server asked for silence") {
  Fleetless node;
  node.run(1s);
  CHECK(node.schedule.take_last(Call::heartbeat, node.now));
  node.status[Call::poll] = node.status[Call::heartbeat] = 503;
  node.retry_after = 86400s;
  node.run(40s);
  CHECK_FALSE(node.schedule.take_last(Call::heartbeat, node.now));
}
