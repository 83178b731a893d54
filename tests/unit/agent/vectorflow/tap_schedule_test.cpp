#include "agent/control/vectorflow/tap_schedule.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <vector>

using namespace vf::agent::vectorflow;
using namespace std::chrono_literals;

namespace {

/// Taps that always have something to post, a clock that jumps, and a server that counts in its sliding window.
struct Flood {
  TimePoint now{1000s};
  TapSchedule schedule;
  Duration latency = 20ms;
  std::vector<TapSchedule::Id> busy;
  std::vector<std::pair<TimePoint, TapSchedule::Id>> sent;
  std::deque<std::pair<TimePoint, TapSchedule::Id>> under_way;
  int status = 200;
  std::optional<std::chrono::seconds> retry_after;

  void begin(TapSchedule::Id id) {
    schedule.add(id);
    busy.push_back(id);
    schedule.on_pending(id, now);
  }
  void look() {
    while (const auto id = schedule.due(now)) {
      sent.emplace_back(now, *id);
      under_way.emplace_back(now + latency, *id);
    }
  }
  void run(Duration time) {
    const TimePoint until = now + time;
    look();
    for (;;) {
      std::optional<TimePoint> next = schedule.next(now);
      if (!under_way.empty() && (!next || under_way.front().first < *next)) next = under_way.front().first;
      if (!next || *next > until) break;
      now = std::max(now, *next);
      while (!under_way.empty() && under_way.front().first <= now) {
        const auto id = under_way.front().second;
        under_way.pop_front();
        const bool more = std::find(busy.begin(), busy.end(), id) != busy.end();
        schedule.on_answer(id, {status, retry_after, ""}, more, now, 0.5);
      }
      look();
    }
    now = until;
  }
  [[nodiscard]] std::size_t most_in_a_minute() const {
    std::size_t most = 0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      std::size_t j = i;
      while (j < sent.size() && sent[j].first - sent[i].first < 60s) ++j;
      most = std::max(most, j - i);
    }
    return most;
  }
  [[nodiscard]] Duration longest_pause(TapSchedule::Id id) const {
    Duration longest{};
    std::optional<TimePoint> last;
    for (const auto& [at, of] : sent) {
      if (of != id) continue;
      if (last) longest = std::max(longest, at - *last);
      last = at;
    }
    return longest;
  }
};

}  // namespace

TEST_CASE("one busy tap posts about every half a second, and never 120 times a minute") {
  Flood flood;
  flood.begin(1);
  flood.run(600s);
  CHECK(flood.most_in_a_minute() < 118);
  CHECK(flood.most_in_a_minute() > 105);
  CHECK(flood.longest_pause(1) <= 600ms);
}

TEST_CASE("three busy taps share the limit fairly: a post every 1.6 s each") {
  Flood flood;
  for (const TapSchedule::Id id : {1, 2, 3}) flood.begin(id);
  flood.run(600s);
  CHECK(flood.most_in_a_minute() < 118);
  for (const TapSchedule::Id id : {1, 2, 3}) {
    CHECK(flood.longest_pause(id) <= 1700ms);
    CHECK(std::count_if(flood.sent.begin(), flood.sent.end(), [&](const auto& s) { return s.second == id; }) > 350);
  }
}

TEST_CASE("a call of 1.5 s keeps one post of a tap in flight, and the others go on") {
  Flood flood;
  flood.latency = 1500ms;
  for (const TapSchedule::Id id : {1, 2, 3}) flood.begin(id);
  flood.run(60s);
  CHECK(flood.longest_pause(1) <= 1700ms);
  CHECK(flood.longest_pause(1) >= 1500ms);  // not before its answer
}

TEST_CASE("the first post of a tap goes out at once, however busy the others are") {
  Flood flood;
  flood.begin(1);
  flood.begin(2);
  flood.run(20s);
  flood.begin(3);
  const TimePoint asked = flood.now;
  flood.look();
  REQUIRE(flood.sent.back().second == 3);
  CHECK(flood.sent.back().first == asked);
  flood.run(600s);
  CHECK(flood.most_in_a_minute() < 119);
}

TEST_CASE("after a 429 nothing is posted for as long as the server said") {
  Flood flood;
  flood.begin(1);
  flood.begin(2);
  flood.run(5s);
  flood.status = 429;
  flood.retry_after = 17s;
  flood.run(1s);
  const std::size_t before = flood.sent.size();
  flood.status = 200;
  flood.run(15s);
  CHECK(flood.sent.size() == before);
  flood.run(5s);
  CHECK(flood.sent.size() > before + 2);
}

TEST_CASE("a server that fails is asked more and more rarely") {
  Flood flood;
  flood.begin(1);
  flood.status = 500;
  flood.run(60s);
  CHECK(flood.sent.size() < 15);
  CHECK(flood.sent.size() > 5);
}

TEST_CASE("a post goes out just after Vector has printed, not just before, and the pace stays") {
  TapSchedule schedule;
  TimePoint now{1000s};
  schedule.add(1);
  std::vector<TimePoint> posts;
  Duration waited{};
  std::size_t prints = 0;
  std::vector<TimePoint> unposted;
  for (const TimePoint begin = now; now < begin + 120s; now += 1ms) {
    if ((now - begin) % 100ms == 0ms) {
      schedule.on_pending(1, now);
      unposted.push_back(now);
    }
    if (!schedule.due(now)) continue;
    posts.push_back(now);
    for (const TimePoint at : unposted) waited += now - at;
    prints += unposted.size();
    unposted.clear();
    schedule.on_answer(1, {200, std::nullopt, ""}, false, now, 0.5);
  }
  CHECK(posts.size() >= 216);
  CHECK(posts.size() <= 222);
  CHECK(waited / prints < 235ms);  // half of the pace would be 272 ms
}

TEST_CASE("whoever prints in the right moment does not take the others' turns") {
  TapSchedule schedule;
  TimePoint now{1000s};
  std::map<TapSchedule::Id, TimePoint> last;
  Duration longest{};
  for (const TapSchedule::Id id : {1, 2, 3}) schedule.add(id);
  for (const TimePoint begin = now; now < begin + 120s; now += 1ms) {
    for (const TapSchedule::Id id : {1, 2, 3})  // each prints every 100 ms, 7 ms after the one before
      if ((now - begin - 7ms * id) % 100ms == 0ms) schedule.on_pending(id, now);
    while (const auto id = schedule.due(now)) {
      if (last.contains(*id)) longest = std::max(longest, now - last[*id]);
      last[*id] = now;
      schedule.on_answer(*id, {200, std::nullopt, ""}, false, now, 0.5);
    }
  }
  CHECK(longest <= 1900ms);
}

TEST_CASE("what has nothing to post is not due, and what is gone is forgotten") {
  TapSchedule schedule;
  const TimePoint now{1000s};
  schedule.add(1);
  CHECK_FALSE(schedule.due(now));
  CHECK_FALSE(schedule.next(now));
  schedule.on_pending(1, now);
  schedule.remove(1);
  CHECK_FALSE(schedule.due(now));
  schedule.on_answer(1, {200, std::nullopt, ""}, true, now, 0.5);
  schedule.on_pending(1, now);
  CHECK_FALSE(schedule.due(now));
}
