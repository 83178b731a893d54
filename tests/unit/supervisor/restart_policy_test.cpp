#include "supervisor/restart_policy.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace vf::supervisor;
using namespace std::chrono_literals;

TEST_CASE("waits double from the first to the longest") {
  const RestartPolicy policy{1s, 60s, 60s, 3};
  const std::chrono::milliseconds expected[] = {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s};
  for (unsigned failures = 1; failures <= 9; ++failures) CHECK(policy.delay(failures, 0.5) == expected[failures - 1]);
  const RestartPolicy quick{20ms, 70ms, 1s, 3};
  CHECK(quick.delay(1, 0.5) == 20ms);
  CHECK(quick.delay(2, 0.5) == 40ms);
  CHECK(quick.delay(3, 0.5) == 70ms);
}

TEST_CASE("a wait is spread by a fifth either way, in proportion, and never beyond the longest") {
  const RestartPolicy policy;
  for (unsigned failures = 1; failures < 20; ++failures) {
    const auto middle = policy.delay(failures, 0.5);
    CHECK(policy.delay(failures, 0.0) == middle * 8 / 10);
    CHECK(policy.delay(failures, 0.25) == middle * 9 / 10);
    CHECK(policy.delay(failures, 0.999999) <= std::min(middle * 12 / 10, policy.longest));
    CHECK(policy.delay(failures, 0.999999) >= middle);
  }
}

TEST_CASE("no count of failures overflows a wait") {
  const RestartPolicy policy;
  for (const unsigned failures :
       {17U, 18U, 31U, 32U, 33U, 63U, 64U, 65U, 1000000U, std::numeric_limits<unsigned>::max()})
    CHECK(policy.delay(failures, 0.5) == 60s);
  CHECK(policy.delay(0, 0.5) == 1s);  // not asked for, but no shift by minus one
}

TEST_CASE("a first wait above the longest is the longest") {
  const RestartPolicy policy{10s, 3s, 60s, 3};
  CHECK(policy.delay(1, 0.5) == 3s);
  CHECK(policy.delay(1, 0.999) == 3s);
}
