#include "logbuf/log_shipper.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "tests/unit/logbuf/json_body.h"

namespace vf::logbuf {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;
using Ids = std::vector<std::string>;

/// A shipper and pipelines "a", "b", "c" ... with a ring each, at a time that tests move.
struct Fixture {
  explicit Fixture(std::size_t pipelines, LogShipperLimits limits = {}) : shipper(limits) {
    for (std::size_t i = 0; i < pipelines; ++i) add(std::string(1, static_cast<char>('a' + i)));
  }

  void add(const std::string& id) {
    rings[id] = std::make_shared<LogRing>();
    shipper.add(id, rings[id]);
  }
  void push(const std::string& id, const std::string& line = "x") { rings.at(id)->push(line); }
  void push_all() {
    for (const auto& [id, ring] : rings) ring->push("x");
  }
  /// Removes the pipeline as the agent does when its process is gone already.
  void remove(const std::string& id) {
    shipper.retire(id);
    rings.at(id)->close();
    rings.erase(id);
  }

  LogBatch next() {
    std::optional<LogBatch> batch = shipper.next(now);
    REQUIRE(batch);
    return *std::move(batch);
  }
  std::optional<LogShipper::GivenUp> answer(const LogBatch& batch, Outcome outcome) {
    return shipper.on_result(batch.number, outcome, now);
  }
  /// Posts until there is nothing to post, to a server that refuses these pipelines. Returns who was in each post.
  std::vector<Ids> drain(const std::set<std::string>& refused = {}) {
    std::vector<Ids> posts;
    while (std::optional<LogBatch> batch = shipper.next(now)) {
      Outcome outcome = Outcome::delivered;
      Ids& ids = posts.emplace_back();
      for (const LogEntry& entry : batch->entries) {
        ids.push_back(entry.pipeline_id);
        if (refused.contains(entry.pipeline_id)) outcome = Outcome::refused;
      }
      if (outcome == Outcome::delivered) {
        for (const LogEntry& entry : batch->entries) {
          received[entry.pipeline_id].insert(received[entry.pipeline_id].end(), entry.lines.begin(), entry.lines.end());
        }
      }
      answer(*batch, outcome);
      REQUIRE(posts.size() < 10'000);
    }
    return posts;
  }

  LogShipper shipper;
  std::map<std::string, std::shared_ptr<LogRing>> rings;
  std::map<std::string, Lines> received;
  LogShipper::TimePoint now{std::chrono::hours(1)};
};

Ids ids_of(const LogBatch& batch) {
  Ids ids;
  for (const LogEntry& entry : batch.entries) ids.push_back(entry.pipeline_id);
  return ids;
}

}  // namespace

TEST_CASE("nothing is posted when there is nothing new") {
  Fixture f(3);
  CHECK_FALSE(f.shipper.has_pending(f.now));
  CHECK_FALSE(f.shipper.next(f.now));
  f.push("b");
  CHECK(f.shipper.has_pending(f.now));
  CHECK(f.drain() == std::vector<Ids>{{"b"}});
  CHECK_FALSE(f.shipper.has_pending(f.now));
  CHECK_FALSE(f.shipper.next(f.now));
}

TEST_CASE("healthy pipelines share a post") {
  Fixture f(3);
  f.push_all();
  CHECK(f.drain() == std::vector<Ids>{{"a", "b", "c"}});
  CHECK(f.shipper.counters().lines_shipped == 3);
}

TEST_CASE("a pipeline sends at most 500 lines a post, marker included") {
  Fixture f(1);
  for (int i = 0; i < 41'713; ++i) f.push("a", std::to_string(i));
  const LogBatch first = f.next();
  REQUIRE(first.entries[0].lines.size() == 500);
  CHECK(first.entries[0].lines[0] == "… 41213 lines dropped");
  CHECK(first.entries[0].lines[1] == "41213");
  CHECK(first.entries[0].dropped == 41'213);
  f.answer(first, Outcome::delivered);
  CHECK(f.next().entries[0].lines == Lines{"41712"});
}

TEST_CASE("a post that failed for no fault of its own is sent again, with what came meanwhile") {
  Fixture f(2);
  f.push("a", "1");
  const LogBatch batch = f.next();
  f.push("a", "2");
  f.push("b", "3");
  CHECK_FALSE(f.answer(batch, Outcome::retry));
  CHECK(f.shipper.counters().lines_shipped == 0);
  f.drain();
  CHECK(f.received["a"] == Lines{"1", "2"});
  CHECK(f.received["b"] == Lines{"3"});
}

TEST_CASE("lines overwritten while the server was away are counted as it happens, and once") {
  Fixture f(1);
  for (int i = 0; i < 510; ++i) f.push("a");
  CHECK(f.shipper.counters().lines_dropped_overwritten == 10);
  const LogBatch lost = f.next();
  f.push("a");
  CHECK(f.shipper.counters().lines_dropped_overwritten == 10);  // the line that flies may yet arrive
  f.answer(lost, Outcome::retry);
  CHECK(f.shipper.counters().lines_dropped_overwritten == 11);
  f.drain();
  CHECK(f.shipper.counters().lines_dropped_overwritten == 11);
  CHECK(f.shipper.counters().lines_shipped == 500);
}

TEST_CASE("the body limit ends a post, and the next one goes on where it stopped") {
  Fixture f(4, {.max_body_bytes = 600});
  for (int i = 0; i < 3; ++i) f.push_all();
  for (int i = 0; i < 200; ++i) f.push("b", "flood");
  std::set<std::string> reached;
  for (int posts = 0; posts < 4; ++posts) {  // the flood fills posts, yet everybody has a turn
    const LogBatch batch = f.next();
    CHECK(json_body(batch).size() <= batch.body_bytes);
    CHECK(batch.body_bytes <= 600);
    for (const std::string& id : ids_of(batch)) reached.insert(id);
    for (int i = 0; i < 200; ++i) f.push("b", "flood");
    f.answer(batch, Outcome::delivered);
  }
  CHECK(reached == std::set<std::string>{"a", "b", "c", "d"});
}

TEST_CASE("one refused pipeline is found by halves and the others lose nothing") {
  Fixture f(8);
  f.push_all();
  const std::vector<Ids> posts = f.drain({"c"});
  CHECK(posts.front() == Ids{"a", "b", "c", "d", "e", "f", "g", "h"});
  CHECK(posts.size() == 7);  // all, 4, 2, 1 with the culprit; 4, 2, 1 without
  for (const char* id : {"a", "b", "d", "e", "f", "g", "h"}) CHECK(f.received[id] == Lines{"x"});
  CHECK(f.received.count("c") == 0);
  CHECK(f.shipper.counters().lines_shipped == 7);
  CHECK(f.shipper.counters().lines_dropped_refused == 1);

  f.push_all();
  CHECK(f.drain({"c"}) == std::vector<Ids>{{"a", "b", "d", "e", "f", "g", "h"}});
}

TEST_CASE("who was given up is told") {
  Fixture f(1);
  f.push("a");
  f.push("a");
  const auto given_up = f.answer(f.next(), Outcome::refused);
  REQUIRE(given_up);
  CHECK(given_up->pipeline_id == "a");
  CHECK(given_up->lines == 2);
  CHECK(given_up->quarantine == 5min);
}

TEST_CASE("quarantine lasts 5 minutes, then twice as long each time, up to an hour") {
  Fixture f(2);
  for (const auto expected : {5min, 10min, 20min, 40min, 60min, 60min}) {
    f.push("a");
    f.push("b");
    f.drain({"a"});
    f.push("a");
    f.now += expected - 1s;
    CHECK_FALSE(f.shipper.has_pending(f.now));
    CHECK_FALSE(f.shipper.next(f.now));
    f.now += 1s;
    CHECK(f.shipper.has_pending(f.now));
  }
}

TEST_CASE("a pipeline back from quarantine travels alone until it is delivered, and is then healthy") {
  Fixture f(2);
  f.push_all();
  f.drain({"a"});
  f.now += 5min;
  f.push_all();
  const std::vector<Ids> posts = f.drain();
  CHECK(std::set<Ids>(posts.begin(), posts.end()) == std::set<Ids>{{"a"}, {"b"}});
  CHECK(f.received["a"] == Lines{"… 1 line dropped", "x"});
  f.push_all();
  CHECK(f.drain() == std::vector<Ids>{{"a", "b"}});
  f.push_all();
  f.drain({"a"});
  f.push("a");
  f.now += 5min;  // the doubling begins anew
  CHECK(f.shipper.has_pending(f.now));
}

TEST_CASE("a search for the culprit does not hold up the healthy ones") {
  Fixture f(8);
  f.push_all();
  f.add("late");
  f.answer(f.next(), Outcome::refused);
  int posts_without = 0;
  for (int i = 0; i < 6; ++i) {
    f.push("late");
    const LogBatch batch = f.next();
    posts_without = ids_of(batch) == Ids{"late"} ? 0 : posts_without + 1;
    CHECK(posts_without <= 1);
    f.answer(batch, ids_of(batch) == Ids{"late"} ? Outcome::delivered : Outcome::refused);
  }
}

TEST_CASE("healthy pipelines that never fall silent do not keep the others from being tried") {
  Fixture f(3);
  f.push_all();
  f.drain({"b"});
  f.now += 5min;
  f.shipper.retire("c");
  std::vector<Ids> posts;
  for (int i = 0; i < 6; ++i) {
    f.push_all();
    const LogBatch batch = f.next();
    posts.push_back(ids_of(batch));
    f.answer(batch, Outcome::retry);
  }
  CHECK(std::count(posts.begin(), posts.end(), Ids{"a"}) == 3);
  for (const char* id : {"b", "c"}) CHECK(std::count(posts.begin(), posts.end(), Ids{id}) >= 1);
}

TEST_CASE("a retired pipeline's last words are shipped apart from the healthy ones") {
  Fixture f(3);
  f.push_all();
  f.remove("b");
  const std::vector<Ids> posts = f.drain();
  CHECK(std::set<Ids>(posts.begin(), posts.end()) == std::set<Ids>{{"a", "c"}, {"b"}});
  CHECK(f.received["b"] == Lines{"x"});
  CHECK(f.shipper.pipelines() == 2);
}

TEST_CASE("retired pipelines share a post among themselves, and one that is refused costs the others nothing") {
  Fixture f(4);
  f.push_all();
  for (const char* id : {"a", "b", "c", "d"}) f.remove(id);
  CHECK(f.drain({"b"}).front() == Ids{"a", "b", "c", "d"});
  for (const char* id : {"a", "c", "d"}) CHECK(f.received[id] == Lines{"x"});
  CHECK(f.shipper.counters().lines_dropped_refused == 1);
  CHECK(f.shipper.pipelines() == 0);
}

TEST_CASE("a retired pipeline is shipped until its ring is closed, then forgotten and its ring let go") {
  Fixture f(1);
  const std::weak_ptr<LogRing> ring = f.rings["a"];
  f.push("a", "running");
  f.shipper.retire("a");
  f.drain();
  f.push("a", "draining");
  f.rings["a"]->close();
  f.rings.clear();
  CHECK_FALSE(ring.expired());
  f.drain();
  CHECK(f.received["a"] == Lines{"running", "draining"});
  CHECK(ring.expired());
  CHECK(f.shipper.pipelines() == 0);
}

TEST_CASE("a retired pipeline that is refused is given up at once, with all it will still say") {
  Fixture f(1);
  for (int i = 0; i < 700; ++i) f.push("a");
  f.shipper.retire("a");
  const auto given_up = f.answer(f.next(), Outcome::refused);
  REQUIRE(given_up);
  CHECK(given_up->lines == 500);
  f.push("a");
  f.now += 24h;
  CHECK_FALSE(f.shipper.has_pending(f.now));
  CHECK_FALSE(f.shipper.next(f.now));
  CHECK(f.shipper.counters().lines_dropped_refused == 501);
  CHECK(f.shipper.counters().lines_dropped_overwritten == 200);
  f.rings["a"]->close();
  CHECK_FALSE(f.shipper.next(f.now));
  CHECK(f.shipper.pipelines() == 0);
}

TEST_CASE("a quarantined pipeline that is retired gets one more try for its last words") {
  Fixture f(1);
  f.push("a");
  f.drain({"a"});
  f.push("a", "why it was removed");
  f.remove("a");
  f.drain();
  CHECK(f.received["a"] == Lines{"… 1 line dropped", "why it was removed"});
}

TEST_CASE("a pipeline retired while it flies with healthy ones is parted from them when that post is refused") {
  Fixture f(3);
  f.push_all();
  const LogBatch batch = f.next();
  f.remove("a");
  f.answer(batch, Outcome::refused);
  const std::vector<Ids> posts = f.drain({"a"});
  CHECK(std::set<Ids>(posts.begin(), posts.end()) == std::set<Ids>{{"a"}, {"b", "c"}});
  CHECK(f.shipper.counters().lines_shipped == 2);
}

TEST_CASE("a pipeline that comes back ships what the old ring still has, then the new one, without doubles") {
  Fixture f(1);
  f.push("a", "old");
  const LogBatch flying = f.next();
  f.remove("a");
  f.add("a");
  f.push("a", "new");
  CHECK(flying.entries[0].lines == Lines{"old"});
  f.answer(flying, Outcome::retry);
  f.drain();
  CHECK(f.received["a"] == Lines{"old", "new"});
  f.shipper.add("a", f.rings["a"]);  // said again
  CHECK_FALSE(f.shipper.has_pending(f.now));
  CHECK(f.shipper.pipelines() == 1);
}

TEST_CASE("a pipeline that was refused, retired and comes back is tried again, alone") {
  Fixture f(2);
  f.push_all();
  f.shipper.retire("a");
  f.drain({"a"});
  f.shipper.add("a", f.rings["a"]);
  f.push_all();
  const std::vector<Ids> posts = f.drain();
  CHECK(std::set<Ids>(posts.begin(), posts.end()) == std::set<Ids>{{"a"}, {"b"}});
  CHECK(f.received["a"] == Lines{"… 1 line dropped", "x"});
}

TEST_CASE("a post that was too large is halved until it fits, and nothing is lost") {
  Fixture f(3);
  for (int i = 0; i < 300; ++i) {
    for (const char* id : {"a", "b", "c"}) f.push(id, std::to_string(i) + std::string(40, '"'));
  }
  std::map<std::string, std::size_t> lines;
  int too_large = 0;
  while (std::optional<LogBatch> batch = f.shipper.next(f.now)) {
    const bool fits = json_body(*batch).size() <= 5000;
    too_large += fits ? 0 : 1;
    for (const LogEntry& entry : batch->entries) lines[entry.pipeline_id] += fits ? entry.lines.size() : 0;
    CHECK_FALSE(f.answer(*batch, fits ? Outcome::delivered : Outcome::too_large));
  }
  CHECK(lines == std::map<std::string, std::size_t>{{"a", 300}, {"b", 300}, {"c", 300}});
  CHECK(f.shipper.counters().lines_shipped == 900);
  CHECK(too_large <= 8);
}

TEST_CASE("a line that is too large all alone is given up, and only that line") {
  Fixture f(2);
  f.push("a", "before");
  f.push("a", std::string(16'000, 'x'));
  f.push("a", "after");
  f.push("b", "other");
  std::map<std::string, Lines> received;
  while (std::optional<LogBatch> batch = f.shipper.next(f.now)) {
    const bool fits = json_body(*batch).size() <= 5000;
    for (const LogEntry& entry : batch->entries) {
      if (fits)
        received[entry.pipeline_id].insert(received[entry.pipeline_id].end(), entry.lines.begin(), entry.lines.end());
    }
    f.answer(*batch, fits ? Outcome::delivered : Outcome::too_large);
  }
  CHECK(received["a"] == Lines{"before", "… 1 line dropped", "after"});
  CHECK(received["b"] == Lines{"other"});
  CHECK(f.shipper.counters().lines_dropped_refused == 1);
}

TEST_CASE("a body limit learned from a 413 is tested again after many full posts") {
  Fixture f(1);
  for (int i = 0; i < 100; ++i) f.push("a", std::string(100, 'x'));
  f.answer(f.next(), Outcome::too_large);
  const std::size_t learned = f.shipper.body_limit();
  CHECK(learned < 6000);
  for (int posts = 0; posts < 32; ++posts) {
    CHECK(f.shipper.body_limit() == learned);
    for (int i = 0; i < 100; ++i) f.push("a", std::string(100, 'x'));
    f.answer(f.next(), Outcome::delivered);
  }
  CHECK(f.shipper.body_limit() == learned * 2);
}

TEST_CASE("the backlog is what waited when it was noted, however much comes after it") {
  Fixture f(2);
  CHECK_FALSE(f.shipper.backlog_pending(f.now));
  f.push("a");
  f.shipper.note_backlog();
  f.push("b");
  CHECK(f.shipper.backlog_pending(f.now));
  const LogBatch batch = f.next();
  f.push_all();
  CHECK(f.shipper.backlog_pending(f.now));  // until it is answered
  f.answer(batch, Outcome::retry);
  CHECK(f.shipper.backlog_pending(f.now));
  f.answer(f.next(), Outcome::delivered);
  CHECK_FALSE(f.shipper.backlog_pending(f.now));
  f.push_all();
  CHECK_FALSE(f.shipper.backlog_pending(f.now));
  CHECK(f.shipper.has_pending(f.now));
  f.shipper.note_backlog();
  CHECK(f.shipper.backlog_pending(f.now));
}

TEST_CASE("the backlog of a ring that was closed counts, that of one that came later does not") {
  Fixture f(1);
  f.push("a");
  f.shipper.note_backlog();
  f.remove("a");
  f.add("a");
  f.push("a");
  CHECK(f.shipper.backlog_pending(f.now));
  f.answer(f.next(), Outcome::delivered);
  CHECK_FALSE(f.shipper.backlog_pending(f.now));
  CHECK(f.shipper.has_pending(f.now));
}

TEST_CASE("the backlog of a pipeline in quarantine is waited for by nobody") {
  Fixture f(1);
  f.push("a");
  f.answer(f.next(), Outcome::refused);
  f.push("a");
  f.shipper.note_backlog();
  CHECK_FALSE(f.shipper.backlog_pending(f.now));
}

}  // namespace vf::logbuf
