#include "metrics/counter.h"

#include <catch2/catch.hpp>

namespace vf::metrics {

TEST_CASE("adding and scaling counters stop at the biggest one") {
  CHECK(add_counters(2, 3) == 5);
  CHECK(add_counters(counter_max, 1) == counter_max);
  CHECK(add_counters(counter_max - 1, 1) == counter_max);
  CHECK(add_counters(~std::uint64_t{0}, ~std::uint64_t{0}) == counter_max);
  CHECK(scale_counter(3, 512) == 1536);
  CHECK(scale_counter(3, 0) == 0);
  CHECK(scale_counter(counter_max, 1) == counter_max);
  CHECK(scale_counter(counter_max / 512 + 1, 512) == counter_max);
}

TEST_CASE("the biggest double below 2^63 is kept as it is") {
  CHECK(to_counter(9223372036854774784.0) == 9223372036854774784U);
}

}  // namespace vf::metrics
