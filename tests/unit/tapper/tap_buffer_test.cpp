#include "tapper/tap_buffer.h"

#include <catch2/catch.hpp>
#include <string>

namespace vf::tapper {

TEST_CASE("what fits leaves in the order it came") {
  TapBuffer buffer(1000);
  CHECK(buffer.empty());
  buffer.add("1");
  buffer.add("{\"a\":2}");
  CHECK_FALSE(buffer.empty());
  const auto batch = buffer.take();
  CHECK(batch.before == "1,{\"a\":2}");
  CHECK(batch.after.empty());
  CHECK(batch.events == 2);
  CHECK(batch.dropped == 0);
  CHECK(buffer.empty());
}

TEST_CASE("of a flood the first and the newest stay, and the middle is counted") {
  TapBuffer buffer(40);  // ten of "NNN,"
  for (int i = 100; i < 200; ++i) {
    buffer.add(std::to_string(i));
    REQUIRE(buffer.bytes() <= 40);
  }
  const auto batch = buffer.take();
  CHECK(batch.before == "100,101,102,103,104");
  CHECK(batch.after == "195,196,197,198,199");
  CHECK(batch.dropped == 90);
  CHECK(batch.events == 10);
  buffer.add("1");
  CHECK(buffer.take().before == "1");
}

TEST_CASE("events of any size never exceed the bound, and each is either there or counted") {
  TapBuffer buffer(10000);
  unsigned seed = 1;
  std::uint64_t added = 0;
  for (int i = 0; i < 20000; ++i) {
    seed = seed * 1103515245 + 12345;
    buffer.add(std::string((seed >> 16) % 6000, 'x'));
    ++added;
    REQUIRE(buffer.bytes() <= 10000);
  }
  const auto batch = buffer.take();
  CHECK(batch.events + batch.dropped == added);
  CHECK(batch.events > 0);
}

TEST_CASE("one larger than half of all is counted, and what is dropped elsewhere too") {
  TapBuffer buffer(100);
  buffer.add(std::string(51, 'x'));
  buffer.add_dropped(3);
  CHECK_FALSE(buffer.empty());
  const auto batch = buffer.take();
  CHECK(batch.dropped == 4);
  CHECK(batch.events == 0);
  CHECK(batch.before.empty());
}

}  // namespace vf::tapper
