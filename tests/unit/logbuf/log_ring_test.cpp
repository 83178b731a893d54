#include "logbuf/log_ring.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <random>

namespace vf::logbuf {
namespace {

using Lines = std::vector<std::string>;

std::string numbered(std::uint64_t number) {
  return "line " + std::to_string(number);
}

}  // namespace

TEST_CASE("lines are numbered from 0 and read back in order") {
  LogRing ring;
  CHECK(ring.end() == 0);
  ring.push("a");
  ring.push("");
  ring.push("c");
  CHECK(ring.first() == 0);
  CHECK(ring.end() == 3);
  CHECK(ring.pushed_bytes() == 2);
  CHECK(ring.at(1).empty());
  const LogRing::Slice slice = ring.read(0, 500, 1 << 20);
  CHECK(slice.lines == Lines{"a", "", "c"});
  CHECK(slice.dropped == 0);
  CHECK(slice.next == 3);
}

TEST_CASE("the oldest lines make room, and a reader learns how many it missed") {
  LogRing ring(500, 1 << 20);
  for (std::uint64_t i = 0; i < 1234; ++i) ring.push(numbered(i));
  CHECK(ring.first() == 734);
  CHECK(ring.end() == 1234);
  const LogRing::Slice slice = ring.read(100, 2, 1 << 20);
  CHECK(slice.dropped == 634);
  CHECK(slice.lines == Lines{numbered(734), numbered(735)});
  CHECK(slice.next == 736);
}

TEST_CASE("a reader gets no more lines and bytes than it asked for, but one line at least") {
  LogRing ring;
  for (int i = 0; i < 10; ++i) ring.push("0123456789");
  CHECK(ring.read(0, 3, 1 << 20).lines.size() == 3);
  CHECK(ring.read(0, 500, 49).lines.size() == 4);
  CHECK(ring.read(0, 500, 50).lines.size() == 5);
  CHECK(ring.read(0, 500, 0).lines.size() == 1);
  CHECK(ring.read(0, 0, 100).lines.empty());
}

TEST_CASE("a cursor at or beyond the end reads nothing and goes on from the end") {
  LogRing ring;
  ring.push("a");
  for (std::uint64_t cursor : {1U, 7U}) {
    const LogRing::Slice slice = ring.read(cursor, 500, 1 << 20);
    CHECK(slice.lines.empty());
    CHECK(slice.dropped == 0);
    CHECK(slice.next == 1);
  }
}

TEST_CASE("the byte limit holds too") {
  LogRing ring(500, 1000);
  for (int i = 0; i < 100; ++i) ring.push(std::string(90, 'x'));
  CHECK(ring.end() - ring.first() <= 11);
  CHECK(ring.end() - ring.first() >= 10);
  CHECK(ring.allocated_bytes() <= 1000 + 500 * 8);
}

TEST_CASE("a line longer than the ring counts as overwritten, with all before it") {
  LogRing ring(500, 100);
  ring.push("before");
  ring.push(std::string(101, 'x'));
  CHECK(ring.first() == 2);
  CHECK(ring.end() == 2);
  CHECK(ring.read(0, 500, 1000).dropped == 2);
  ring.push("after");
  CHECK(ring.read(0, 500, 1000).lines == Lines{"after"});
  ring.push(std::string(100, 'y'));
  CHECK(ring.read(0, 500, 1000).lines == Lines{std::string(100, 'y')});
}

TEST_CASE("lines skipped unseen count as overwritten, with all before them, and the ring goes on after them") {
  LogRing ring(4, 100);
  for (const char* line : {"a", "b", "c", "d", "e"}) ring.push(line);
  ring.skip(1000);
  CHECK(ring.first() == 1005);
  CHECK(ring.end() == 1005);
  for (const char* line : {"f", "g"}) ring.push(line);
  const LogRing::Slice slice = ring.read(0, 500, 1000);
  CHECK(slice.dropped == 1005);
  CHECK(slice.lines == Lines{"f", "g"});
  CHECK(ring.end() == 1007);
}

TEST_CASE("a ring of few lines takes little memory") {
  LogRing ring;
  CHECK(ring.allocated_bytes() == 0);
  for (int i = 0; i < 8; ++i) ring.push(std::string(100, 'x'));
  CHECK(ring.allocated_bytes() <= 8 * 100 * 3 / 2 + 8 * 8);
}

TEST_CASE("a flood allocates nothing once the ring has found its size") {
  LogRing ring;
  const std::string line(100, 'x');
  const char* lowest = nullptr;
  const char* highest = nullptr;
  for (int i = 0; i < 100'000; ++i) {
    ring.push(line);
    const char* stored = ring.at(ring.end() - 1).data();
    if (i == 1000) lowest = highest = stored;
    if (i >= 1000 && i < 3000) {
      lowest = std::min(lowest, stored);
      highest = std::max(highest, stored);
    }
    if (i >= 3000) REQUIRE((lowest <= stored && stored <= highest));  // the same memory, again and again
  }
  CHECK(ring.allocated_bytes() <= 500 * 100 * 3 / 2 + 500 * 8);
}

TEST_CASE("a closed ring says so and keeps its lines") {
  LogRing ring;
  ring.push("last words");
  CHECK_FALSE(ring.closed());
  ring.close();
  CHECK(ring.closed());
  CHECK(ring.at(0) == "last words");
}

TEST_CASE("whatever is pushed, the ring holds the newest lines unharmed") {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    const std::size_t max_lines = 1 + random() % 40;
    const std::size_t max_bytes = 1 + random() % 3000;
    const std::size_t longest = 1 + random() % (max_bytes + max_bytes / 20 + 1);
    LogRing ring(max_lines, max_bytes);
    std::deque<std::string> model;  // every line ever pushed
    for (int push = 0; push < 400; ++push) {
      const std::string line(random() % 4 == 0 ? random() % 3 : random() % (longest + 1),
                             static_cast<char>('a' + push % 26));
      const std::uint64_t first = ring.first();
      std::size_t kept = std::max<std::size_t>(line.size(), 1);
      for (std::uint64_t i = first; i < ring.end(); ++i) kept += std::max<std::size_t>(ring.at(i).size(), 1);
      ring.push(line);
      model.push_back(line);
      REQUIRE(ring.end() == model.size());
      REQUIRE(ring.end() - ring.first() <= max_lines);
      std::size_t bytes = 0;
      for (std::uint64_t i = ring.first(); i < ring.end(); ++i) {
        REQUIRE(ring.at(i) == model[i]);
        bytes += ring.at(i).size();
      }
      REQUIRE(bytes <= max_bytes);
      REQUIRE(ring.allocated_bytes() <= max_bytes + max_lines * 8);
      if (line.size() <= max_bytes) REQUIRE(ring.end() > ring.first());
      // Nothing is overwritten without need: all lines stay while there is room for them and one longest line more.
      if (kept + longest <= max_bytes && ring.end() - first <= max_lines) REQUIRE(ring.first() == first);
    }
  }
}

}  // namespace vf::logbuf
