#include "push/push_queue.h"

#include <catch2/catch.hpp>

namespace vf::push {
namespace {

PushNews changed(const std::string& pipeline) {
  return PushMessage{ConfigChanged{pipeline, ""}};
}
PushNews stop_tap(const std::string& id) {
  return PushMessage{TapStop{id}};
}

}  // namespace

TEST_CASE("news come out in the order they went in, at most so many at a time") {
  PushQueue queue;
  queue.add(Connected{});
  queue.add(changed("a"));
  queue.add(stop_tap("r"));
  queue.add(Disconnected{});
  const auto first = queue.take(3);
  REQUIRE(first.size() == 3);
  CHECK(std::holds_alternative<Connected>(first[0]));
  CHECK(std::get<PushMessage>(first[1]) == PushMessage{ConfigChanged{"a", ""}});
  CHECK(std::get<PushMessage>(first[2]) == PushMessage{TapStop{"r"}});
  CHECK(std::holds_alternative<Disconnected>(queue.take(3).at(0)));
  CHECK(queue.take(3).empty());
}

TEST_CASE("a config_changed equal to the one before it, not taken yet, is merged and counted") {
  PushQueue queue;
  for (int i = 0; i < 1000; ++i) queue.add(changed("a"));
  CHECK(queue.merged() == 999);
  CHECK(queue.take(1000).size() == 1);
  queue.add(changed("a"));
  CHECK(queue.take(1000).size() == 1);
}

TEST_CASE("only consecutive and identical config_changed are merged") {
  PushQueue queue;
  queue.add(changed("a"));
  queue.add(changed("b"));
  queue.add(changed("a"));
  queue.add(stop_tap("r"));
  queue.add(stop_tap("r"));
  queue.add(changed("a"));
  CHECK(queue.merged() == 0);
  CHECK(queue.take(100).size() == 6);
}

TEST_CASE("messages beyond the bound are dropped and counted; connection news always find room") {
  PushQueue queue(2);
  queue.add(stop_tap("1"));
  queue.add(stop_tap("2"));
  queue.add(stop_tap("3"));
  queue.add(Disconnected{});
  queue.add(Connected{});
  CHECK(queue.dropped() == 1);
  CHECK(queue.take(1).size() == 1);
  queue.add(stop_tap("4"));
  CHECK(queue.dropped() == 1);
  CHECK(queue.take(100).size() == 4);
}

}  // namespace vf::push
