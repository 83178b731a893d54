// A viewer of live events: what it does not take is counted where it is missing.
#include "agent/local/tap_stream.h"

#include <catch2/catch.hpp>

using vf::agent::TapStream;

namespace {

struct Viewed {
  explicit Viewed(std::uint64_t limit = 0) : stream(limit, [this](std::uint64_t events) { told += events; }) {
    stream.start([this] { ++wakes; });
  }
  std::string read(std::size_t room = 64 << 10) {
    std::string text;
    more = stream.read(text, room);
    return text;
  }
  std::uint64_t told = 0;
  int wakes = 0;
  bool more = true;
  TapStream stream;
};

}  // namespace

TEST_CASE("events are told as they came, bare") {
  Viewed viewed;
  viewed.stream.on_notice("waiting for \"x\"");
  viewed.stream.on_event("{\"a\":1}");
  viewed.stream.on_event("7");
  CHECK(viewed.read() == "{\"notice\":\"waiting for \\\"x\\\"\"}\n{\"event\":{\"a\":1}}\n{\"event\":7}\n");
  CHECK(viewed.more);
  CHECK(viewed.wakes == 3);
  CHECK(viewed.read().empty());
}

TEST_CASE("a viewer who reads nothing costs a megabyte, and the gap is where events are missing") {
  Viewed viewed;
  const std::string event(1000, '1');
  for (int i = 0; i < 5000; ++i) viewed.stream.on_event(event);
  std::string all;
  for (std::string part = viewed.read(1000); !part.empty(); part = viewed.read(1000)) {
    CHECK(part.ends_with('\n'));
    CHECK(part.size() <= 1100);
    all += part;
  }
  CHECK(all.size() <= TapStream::most_bytes + 100);
  const auto shown = static_cast<std::uint64_t>(std::count(all.begin(), all.end(), '\n') - 1);
  CHECK(shown > 900);
  CHECK(all.ends_with("{\"dropped\":" + std::to_string(5000 - shown) + "}\n"));
  CHECK(viewed.told == 5000 - shown);
  viewed.stream.on_event("1");
  CHECK(viewed.read() == "{\"event\":1}\n");
}

TEST_CASE("a gap comes before what follows it") {
  Viewed viewed;
  viewed.stream.on_dropped(3);
  viewed.stream.on_dropped(4);
  viewed.stream.on_event("1");
  CHECK(viewed.read() == "{\"dropped\":7}\n{\"event\":1}\n");
  CHECK(viewed.told == 0);  // those are counted by who dropped them
}

TEST_CASE("an event larger than all that may wait goes out alone") {
  Viewed viewed;
  const std::string large(TapStream::most_bytes + 5, '1');
  viewed.stream.on_event(large);
  viewed.stream.on_event("2");
  CHECK(viewed.read(100) == "{\"event\":" + large + "}\n");
  CHECK(viewed.read() == "{\"dropped\":1}\n");
}

TEST_CASE("the limit and the end are told last, once, and nothing after them") {
  Viewed viewed(2);
  for (int i = 0; i < 5; ++i) viewed.stream.on_event(std::to_string(i));
  viewed.stream.on_end("late");
  CHECK(viewed.read() == "{\"event\":0}\n{\"event\":1}\n{\"stopped\":\"the limit of events is reached\"}\n");
  CHECK_FALSE(viewed.more);
  Viewed other;
  other.stream.on_end("the pipeline is gone");
  CHECK(other.read() == "{\"stopped\":\"the pipeline is gone\"}\n");
  CHECK_FALSE(other.more);
}
