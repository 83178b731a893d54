#include "agent/control/vectorflow/budget.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

namespace vf::agent::vectorflow {
namespace {

using namespace std::chrono_literals;

const TimePoint start{1000h};

// The server's rule: of the calls it let through, fewer than `limit` may lie in the 60 s before this one.
class Server {
 public:
  explicit Server(std::size_t limit) : limit_(limit) {}
  bool accepts(TimePoint arrival) {
    while (!accepted_.empty() && accepted_.front() <= arrival - 60s) accepted_.pop_front();
    if (accepted_.size() >= limit_) return false;
    accepted_.push_back(arrival);
    return true;
  }

 private:
  std::size_t limit_;
  std::deque<TimePoint> accepted_;
};

}  // namespace

TEST_CASE("calls may go out at once until the budget is spent, two short of the limit") {
  SlidingBudget budget(30);
  for (int i = 0; i < 28; ++i) {
    CHECK(budget.earliest(start) == start);
    budget.spend(start);
  }
  CHECK(budget.earliest(start) == start + 63s);
  CHECK(budget.earliest(start + 10s) == start + 63s);
  CHECK(budget.earliest(start + 63s) == start + 63s);
  CHECK(budget.earliest(start + 100s) == start + 100s);
}

TEST_CASE("each call frees its place when its own window is over") {
  SlidingBudget budget(4, 60s);
  budget.spend(start);
  budget.spend(start + 20s);
  CHECK(budget.earliest(start + 30s) == start + 60s);
  budget.spend(start + 60s);
  CHECK(budget.earliest(start + 61s) == start + 80s);
}

TEST_CASE("a sender as fast as the budget lets it is never refused, however long calls take to arrive") {
  for (const std::size_t limit : {limits::enroll, limits::config, limits::logs, limits::tap_events}) {
    SlidingBudget budget(limit);
    Server server(limit);
    std::mt19937 random(static_cast<unsigned>(limit));
    std::uniform_int_distribution<int> delay(0, 2900), think(0, 400);
    std::vector<TimePoint> arrivals;
    TimePoint now = start;
    for (int i = 0; i < 5000; ++i) {
      now = budget.earliest(now + think(random) * 1ms);
      budget.spend(now);
      arrivals.push_back(now + delay(random) * 1ms);
    }
    std::sort(arrivals.begin(), arrivals.end());
    for (const TimePoint arrival : arrivals) REQUIRE(server.accepts(arrival));
    // and the budget is used: nearly limit - 2 calls a minute
    const double minutes = std::chrono::duration<double>(now - start).count() / 60;
    CHECK(5000 / minutes > 0.9 * static_cast<double>(limit - 2));
  }
}

TEST_CASE("a call that was spent while a hold or the window forbade it still counts") {
  SlidingBudget budget(4, 60s);
  budget.spend(start);
  budget.spend(start + 1s);
  budget.spend(start + 2s);
  CHECK(budget.earliest(start + 3s) == start + 61s);
}

TEST_CASE("Retry-After is obeyed, and the longest wins") {
  SlidingBudget budget(30);
  budget.hold(start, 20s);
  CHECK(budget.earliest(start + 5s) == start + 20s);
  budget.hold(start + 5s, 5s);
  CHECK(budget.earliest(start + 5s) == start + 20s);
  budget.hold(start + 5s, 30s);
  CHECK(budget.earliest(start + 5s) == start + 35s);
  CHECK(budget.earliest(start + 36s) == start + 36s);
}

TEST_CASE("no hold is longer than a day, and none reaches into the past") {
  SlidingBudget budget(30);
  budget.hold(start, Duration::max());
  CHECK(budget.earliest(start) == start + 24h);
  SlidingBudget other(30);
  other.hold(start, 0s);
  other.hold(start, Duration::min());
  CHECK(other.earliest(start - 1h) == start - 1h);
}

TEST_CASE("whichever is later, the hold or the window, decides") {
  SlidingBudget budget(3, 60s);
  budget.spend(start);
  budget.hold(start, 30s);
  CHECK(budget.earliest(start) == start + 60s);
  budget.hold(start, 90s);
  CHECK(budget.earliest(start) == start + 90s);
}

TEST_CASE("pauses double from min to max, each drawn from the upper half of its range") {
  Backoff backoff(1s, 30s);
  std::vector<Duration> shortest, longest;
  Backoff other(1s, 30s);
  for (int i = 0; i < 7; ++i) {
    shortest.push_back(backoff.next(0));
    longest.push_back(other.next(0.999999));
  }
  CHECK(shortest == std::vector<Duration>{1s, 2s, 4s, 8s, 15s, 15s, 15s});
  const std::vector<Duration> ends = {2s, 4s, 8s, 16s, 30s, 30s, 30s};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    CHECK(longest[i] < ends[i]);
    CHECK(longest[i] > ends[i] - 1ms);
  }
}

TEST_CASE("a success makes the next pause a short one again") {
  Backoff backoff(1s, 30s);
  for (int i = 0; i < 50; ++i) (void)backoff.next(0.5);
  backoff.reset();
  CHECK(backoff.next(0) == 1s);
}

TEST_CASE("a backoff with little or no room between min and max stays within it") {
  Backoff narrow(4s, 5s);
  for (const double random : {0.0, 0.5, 0.999}) {
    const Duration pause = narrow.next(random);
    CHECK(pause >= 4s);
    CHECK(pause <= 5s);
  }
  Backoff none(5s, 5s);
  CHECK(none.next(0.7) == 5s);
  CHECK(none.next(0.7) == 5s);
  Backoff longest(1s, Duration::max());
  for (int i = 0; i < 100; ++i) CHECK(longest.next(0.5) > 0s);
}

}  // namespace vf::agent::vectorflow
