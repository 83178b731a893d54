#include "logbuf/log_feed.h"

#include <catch2/catch.hpp>

#include <initializer_list>

namespace vf::logbuf {
namespace {

using Lines = std::vector<std::string>;
constexpr std::size_t kNoLimit = 1 << 20;

std::shared_ptr<LogRing> ring_of(std::initializer_list<const char*> lines, std::size_t max_lines = 500) {
  auto ring = std::make_shared<LogRing>(max_lines);
  for (const char* line : lines) ring->push(line);
  return ring;
}

struct Take {
  LogEntry entry{"p", {}, 0};
  LogFeed::Taken taken;
};

Take take(const LogFeed& feed, std::size_t max_lines = 500, std::size_t max_bytes = kNoLimit) {
  Take take;
  take.taken = feed.take(take.entry, max_lines, max_bytes);
  return take;
}

}  // namespace

TEST_CASE("lines are taken again until they are settled") {
  const auto ring = ring_of({"a", "b"});
  LogFeed feed;
  CHECK_FALSE(feed.pending());
  feed.follow(ring);
  CHECK(take(feed).entry.lines == Lines{"a", "b"});
  const Take again = take(feed);
  CHECK(again.entry.lines == Lines{"a", "b"});
  feed.delivered(again.taken);
  CHECK_FALSE(feed.pending());
  ring->push("c");
  CHECK(take(feed).entry.lines == Lines{"c"});
}

TEST_CASE("lines overwritten between two takes are replaced by one marker where they stood") {
  const auto ring = ring_of({"a", "b", "c"}, 3);
  LogFeed feed;
  feed.follow(ring);
  feed.delivered(take(feed, 2).taken);
  CHECK(take(feed).entry.lines == Lines{"c"});
  for (const char* line : {"d", "e", "f"}) ring->push(line);
  const Take late = take(feed);
  CHECK(late.entry.lines == Lines{"… 1 line dropped", "d", "e", "f"});
  CHECK(late.entry.dropped == 1);
  CHECK(late.taken.overwritten == 1);
  CHECK(late.taken.lines == 3);
}

TEST_CASE("the marker counts as a line") {
  LogFeed feed;
  feed.follow(ring_of({"a", "b", "c", "d"}, 3));
  const Take first = take(feed, 2);
  CHECK(first.entry.lines == Lines{"… 1 line dropped", "b"});
  feed.delivered(first.taken);
  CHECK(take(feed, 2).entry.lines == Lines{"c", "d"});
}

TEST_CASE("lines given up are shown as dropped with the next lines that arrive") {
  const auto ring = ring_of({"a", "b"}, 2);
  LogFeed feed;
  feed.follow(ring);
  const LogFeed::Lost lost = feed.give_up(take(feed).taken);
  CHECK(lost.lines == 2);
  CHECK(lost.overwritten == 0);
  CHECK_FALSE(feed.pending());
  for (const char* line : {"c", "d", "e"}) ring->push(line);
  const Take next = take(feed);
  CHECK(next.entry.lines == Lines{"… 3 lines dropped", "d", "e"});
  CHECK(next.taken.overwritten == 1);
  feed.delivered(next.taken);
  ring->push("f");
  CHECK(take(feed).entry.lines == Lines{"f"});
}

TEST_CASE("giving up everything tells overwritten lines from those that could have been sent") {
  const auto ring = ring_of({"a", "b", "c"}, 2);
  LogFeed feed;
  feed.follow(ring);
  feed.follow(ring_of({"d"}));
  const LogFeed::Lost lost = feed.give_up_all();
  CHECK(lost.overwritten == 1);
  CHECK(lost.lines == 3);
  CHECK_FALSE(feed.pending());
}

TEST_CASE("a line that was lost without a successor is still told") {
  const auto ring = std::make_shared<LogRing>(500, 10);
  LogFeed feed;
  feed.follow(ring);
  ring->push("longer than the ring");
  REQUIRE(feed.pending());
  const Take marker = take(feed);
  CHECK(marker.entry.lines == Lines{"… 1 line dropped"});
  feed.delivered(marker.taken);
  CHECK_FALSE(feed.pending());
}

TEST_CASE("bytes end a take, but not before its first line") {
  LogFeed feed;
  feed.follow(ring_of({"0123456789", "0123456789", "0123456789"}));
  CHECK(take(feed, 500, 0).entry.lines.size() == 1);
  const Take all = take(feed);
  CHECK_FALSE(all.taken.cut_short);
  const Take exactly = take(feed, 500, all.taken.body_bytes);
  CHECK(exactly.entry.lines.size() == 3);
  const Take two = take(feed, 500, all.taken.body_bytes - 1);
  CHECK(two.entry.lines.size() == 2);
  CHECK(two.taken.cut_short);
}

TEST_CASE("the last words of an old ring come before the first of a new one") {
  const auto old_ring = ring_of({"old"});
  const auto new_ring = ring_of({"new"});
  LogFeed feed;
  feed.follow(old_ring);
  feed.follow(new_ring);
  const Take first = take(feed);
  CHECK(first.entry.lines == Lines{"old"});
  feed.delivered(first.taken);
  CHECK(take(feed).entry.lines == Lines{"new"});
  old_ring->push("late");  // the old process still drains
  CHECK(take(feed).entry.lines == Lines{"late"});
}

TEST_CASE("a ring is let go when it is closed and read and another took its place") {
  auto old_ring = ring_of({"old"});
  const std::weak_ptr<LogRing> watch = old_ring;
  LogFeed feed;
  feed.follow(old_ring);
  feed.follow(ring_of({"new"}));
  old_ring->close();
  old_ring.reset();
  const Take last_words = take(feed);
  CHECK_FALSE(watch.expired());
  feed.delivered(last_words.taken);
  CHECK(watch.expired());
}

TEST_CASE("a feed is exhausted when every ring is closed and read") {
  const auto ring = ring_of({"a"});
  LogFeed feed;
  feed.follow(ring);
  CHECK_FALSE(feed.exhausted());
  ring->close();
  CHECK_FALSE(feed.exhausted());
  feed.delivered(take(feed).taken);
  CHECK(feed.exhausted());
}

TEST_CASE("following a ring twice does not read it twice, even if it was closed meanwhile") {
  const auto ring = ring_of({"a"});
  LogFeed feed;
  feed.follow(ring);
  feed.follow(ring);
  ring->close();
  feed.delivered(take(feed).taken);
  CHECK_FALSE(feed.pending());
  feed.follow(ring);
  CHECK_FALSE(feed.pending());
}

TEST_CASE("a line that flies is not counted as overwritten until it is known not to have arrived") {
  const auto ring = ring_of({"a", "b"}, 2);
  LogFeed feed;
  feed.follow(ring);
  ring->push("c");
  CHECK(feed.overwritten_unsettled(std::nullopt) == 1);
  const Take flying = take(feed);
  ring->push("d");
  CHECK(feed.overwritten_unsettled(flying.taken) == 1);
  CHECK(feed.overwritten_unsettled(std::nullopt) == 2);  // it did not
  feed.delivered(flying.taken);
  CHECK(feed.overwritten_unsettled(std::nullopt) == 0);  // it did
}

}  // namespace vf::logbuf
