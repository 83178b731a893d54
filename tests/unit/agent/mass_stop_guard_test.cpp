#include "agent/mass_stop_guard.h"

#include <catch2/catch.hpp>

namespace vf::agent {

using namespace std::chrono_literals;
using Verdict = MassStopGuard::Verdict;

namespace {

const MassStopGuard::TimePoint start{};

}  // namespace

TEST_CASE("without a guard every wish is believed") {
  MassStopGuard guard(0);
  CHECK(guard.judge(1000, start, 5s) == Verdict::do_it);
}

TEST_CASE("what stops no more than the guard allows is done at once") {
  MassStopGuard guard(3);
  CHECK(guard.judge(0, start, 5s) == Verdict::do_it);
  CHECK(guard.judge(3, start, 5s) == Verdict::do_it);
  CHECK_FALSE(guard.holds());
}

TEST_CASE("what stops more is held for three polls, and done with the next that says so") {
  MassStopGuard guard(3);
  CHECK(guard.judge(4, start, 5s) == Verdict::hold);
  CHECK(guard.holds());
  CHECK(guard.judge(4, start + 15s, 5s) == Verdict::holding);
  CHECK(guard.judge(6, start + 30s, 5s) == Verdict::holding);
  CHECK(guard.judge(4, start + 45s, 5s) == Verdict::do_it);
  CHECK_FALSE(guard.holds());
  CHECK(guard.judge(4, start + 60s, 5s) == Verdict::hold);  // the next time is another time
}

TEST_CASE("a wish that is taken back was none, and counting begins anew") {
  MassStopGuard guard(3);
  CHECK(guard.judge(4, start, 5s) == Verdict::hold);
  CHECK(guard.judge(4, start + 15s, 5s) == Verdict::holding);
  CHECK(guard.judge(0, start + 30s, 5s) == Verdict::do_it);
  CHECK_FALSE(guard.holds());
  CHECK(guard.judge(4, start + 45s, 5s) == Verdict::hold);
}

TEST_CASE("polls that a push made in a hurry do not count") {
  MassStopGuard guard(3);
  CHECK(guard.judge(4, start, 5s) == Verdict::hold);
  for (int i = 1; i < 100; ++i) CHECK(guard.judge(4, start + i * 10ms, 5s) == Verdict::holding);
  CHECK(guard.judge(4, start + 6s, 5s) == Verdict::holding);
  CHECK(guard.judge(4, start + 12s, 5s) == Verdict::holding);
  CHECK(guard.judge(4, start + 16s, 5s) == Verdict::holding);
  CHECK(guard.judge(4, start + 18s, 5s) == Verdict::do_it);
}

}  // namespace vf::agent
