#include "tapper/tapper.h"

#include <catch2/catch.hpp>
#include <map>

#include "tests/unit/supervisor/processes.h"
#include "tests/unit/supervisor/test_loop.h"
#include "tests/unit/tapper/fake_tap.h"

namespace vf::tapper {
namespace {

using supervisor::test::is_alive;
using supervisor::test::TestLoop;
using test::FakeTap;
using test::meta;
using test::Seen;

constexpr const char* stay = "exec sleep 1000";

struct Bench {
  explicit Bench(const std::string& script, std::chrono::milliseconds longest = Tapper::longest)
      : fake(script),
        tapper({loop.context(),
                [this](const std::string& pipeline, const std::string&) -> std::optional<TapTarget> {
                  const auto found = targets.find(pipeline);
                  if (found == targets.end()) return std::nullopt;
                  return found->second;
                },
                [this](const std::string&) -> Result<TapProgram> {
                  if (!has_vector) return Error{"run vector", "it is not there", 0};
                  return fake.program();
                },
                longest}) {
    targets["p"] = {true, 1, 8688, ComponentRole::unknown};
  }

  std::unique_ptr<Tapper::Watch> watch(const std::string& component, Seen& seen) {
    auto watch = tapper.watch("p", component, seen);
    REQUIRE(watch);
    return std::move(watch).value();
  }
  void change(const std::function<void()>& how) {
    how();
    tapper.pipeline_changed("p");
  }

  TestLoop loop;
  FakeTap fake;
  std::map<std::string, TapTarget> targets;
  bool has_vector = true;
  Tapper tapper;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("two who watch one component share one subprocess, and each sees its events") {
  Bench bench("sleep 0.3; echo '" + meta("c", "{\"a\":1}") + "'; " + stay);
  Seen first, second;
  const auto one = bench.watch("c", first);
  const auto two = bench.watch("c", second);
  REQUIRE(bench.loop.until([&] { return !first.events.empty() && !second.events.empty(); }));
  CHECK(first.events == std::vector<std::string>{"{\"a\":1}"});
  CHECK(second.events == first.events);
  CHECK(bench.fake.starts().size() == 1);
  CHECK(bench.tapper.running() == 1);
  CHECK(has(bench.fake.starts()[0], "--outputs-of=c,c.* --url=http://127.0.0.1:8688/graphql"));
}

TEST_CASE("the last one's going ends the subprocess") {
  Bench bench(stay);
  Seen first, second;
  auto one = bench.watch("c", first);
  auto two = bench.watch("c", second);
  REQUIRE(bench.loop.until([&] { return !bench.fake.starts().empty(); }));
  const pid_t pid = bench.fake.pid(0);
  one.reset();
  CHECK(is_alive(pid));
  two.reset();
  CHECK(bench.tapper.running() == 0);
  CHECK(bench.loop.until([&] { return !is_alive(pid); }));
  CHECK(first.ends.empty());  // who goes is not told
}

TEST_CASE("three components are tapped at once and no fourth, and the refusal names them") {
  Bench bench(stay);
  Seen seen;
  const auto a = bench.watch("a", seen);
  const auto b = bench.watch("b", seen);
  auto c = bench.watch("c", seen);
  const auto d = bench.tapper.watch("p", "d", seen);
  REQUIRE_FALSE(d);
  CHECK(has(d.error().message(), "p/a, p/b, p/c"));
  CHECK(bench.watch("a", seen));  // it is tapped already
  c.reset();
  CHECK(bench.watch("d", seen));
}

TEST_CASE("what is no pipeline here cannot be tapped") {
  Bench bench(stay);
  Seen seen;
  CHECK_FALSE(bench.tapper.watch("other", "c", seen));
  CHECK(bench.fake.starts().empty());
}

TEST_CASE("a pipeline that restarts keeps its tap, with a new subprocess") {
  Bench bench("echo '" + meta("c", "1") + "'; " + stay);
  Seen seen;
  const auto watch = bench.watch("c", seen);
  REQUIRE(bench.loop.until([&] { return seen.events.size() == 1; }));
  const pid_t before = bench.fake.pid(0);
  bench.change([&] { bench.targets["p"].running = false; });
  CHECK(bench.tapper.running() == 0);
  CHECK(bench.loop.until([&] { return !is_alive(before); }));
  CHECK(seen.notices == std::vector<std::string>{"waiting for the pipeline to run"});
  bench.change([&] { bench.targets["p"] = {true, 2, 8690, ComponentRole::unknown}; });
  REQUIRE(bench.loop.until([&] { return seen.events.size() == 2; }));
  CHECK(has(bench.fake.starts()[1], "8690"));
  CHECK(seen.ends.empty());
  bench.change([] {});  // nothing of that kind
  CHECK(bench.fake.starts().size() == 2);
}

TEST_CASE("a process that was replaced between two looks is another one") {
  Bench bench(stay);
  Seen seen;
  const auto watch = bench.watch("c", seen);
  REQUIRE(bench.loop.until([&] { return bench.fake.starts().size() == 1; }));
  bench.change([&] { bench.targets["p"].generation = 2; });
  CHECK(bench.loop.until([&] { return bench.fake.starts().size() == 2; }));
  CHECK(bench.loop.until([&] { return !is_alive(bench.fake.pid(0)); }));
}

TEST_CASE("a tap ends with its pipeline, and says so") {
  Bench bench(stay);
  Seen seen;
  const auto watch = bench.watch("c", seen);
  bench.change([&] { bench.targets.clear(); });
  CHECK(seen.ends == std::vector<std::string>{"the pipeline is not run here any more"});
  CHECK(bench.tapper.running() == 0);
}

TEST_CASE("a tap ends after its time, for that viewer alone") {
  Bench bench(stay, std::chrono::milliseconds(200));
  Seen first, second;
  const auto one = bench.watch("c", first);
  bench.loop.run_for(std::chrono::milliseconds(150));
  const auto two = bench.watch("c", second);
  REQUIRE(bench.loop.until([&] { return !first.ends.empty(); }));
  CHECK(first.ends == std::vector<std::string>{"five minutes are over"});
  CHECK(second.ends.empty());
  CHECK(bench.tapper.running() == 1);
  REQUIRE(bench.loop.until([&] { return !second.ends.empty(); }));
  CHECK(bench.tapper.running() == 0);
}

TEST_CASE("a sink's inputs are watched, as soon as Vector says that it is one") {
  Bench bench("case \"$*\" in *inputs-of*) echo '" + meta("upstream", "7") +
              R"('; exec sleep 1000;; esac
echo "[tap] Pattern 'c' failed to match: will retry on configuration reload." >&2
echo "[tap] Pattern 'c.*' failed to match: will retry on configuration reload." >&2
echo "[tap] Warning: sink outputs cannot be tapped. Output pattern 'c' matches sinks [\"c\"]" >&2
exec sleep 1000)");
  Seen seen;
  const auto watch = bench.watch("c", seen);
  REQUIRE(bench.loop.until([&] { return !seen.events.empty(); }));
  CHECK(seen.events[0] == "7");
  CHECK(bench.fake.starts().size() == 2);
  CHECK(has(bench.fake.starts()[1], "--inputs-of=c --url"));
  CHECK(seen.notices.empty());
}

TEST_CASE("a component that is known to be a sink is asked for as one at once") {
  Bench bench(stay);
  bench.targets["p"].role = ComponentRole::sink;
  Seen seen;
  const auto watch = bench.watch("c", seen);
  REQUIRE(bench.loop.until([&] { return !bench.fake.starts().empty(); }));
  CHECK(has(bench.fake.starts()[0], "--inputs-of=c --url"));
}

TEST_CASE("that there is no such component is said once, and it is waited for") {
  Bench bench(R"(echo "[tap] Pattern 'c' failed to match: will retry on configuration reload." >&2
echo "[tap] Pattern 'c.*' failed to match: will retry on configuration reload." >&2
sleep 0.6
echo ')" + meta("c", "1") +
              "'; " + stay);
  Seen seen;
  const auto watch = bench.watch("c", seen);
  REQUIRE(bench.loop.until([&] { return !seen.events.empty() && !seen.notices.empty(); }));
  REQUIRE(seen.notices.size() == 1);
  CHECK(has(seen.notices[0], "no component c"));
}

TEST_CASE("one pattern that matches nothing is no news: most components have no named outputs") {
  Bench bench(R"(echo "[tap] Pattern 'c.*' failed to match: will retry on configuration reload." >&2
echo ')" + meta("c", "1") +
              "'; " + stay);
  Seen seen;
  const auto watch = bench.watch("c", seen);
  REQUIRE(bench.loop.until([&] { return !seen.events.empty(); }));
  CHECK(seen.notices.empty());
}

TEST_CASE("what is too long, no JSON or of another component is no event; the first two are counted") {
  Bench bench("echo 'No event data'; head -c 1000000 /dev/zero | tr '\\0' x; echo; echo '" + meta("d", "2") +
              "'; echo '" + meta("c", "1") + "'; " + stay);
  Seen seen;
  const auto watch = bench.watch("c", seen);
  REQUIRE(bench.loop.until([&] { return !seen.events.empty(); }));
  CHECK(seen.events == std::vector<std::string>{"1"});
  CHECK(seen.dropped == 2);
}

TEST_CASE("a subprocess that ends while its pipeline runs is started again, with Vector's own words") {
  Bench bench(test::unreachable);
  Seen seen;
  const auto watch = bench.watch("c", seen);
  REQUIRE(bench.loop.until([&] { return bench.fake.starts().size() >= 3; }));
  REQUIRE(seen.notices.size() == 1);
  CHECK(has(seen.notices[0], "isn't reachable"));
}

TEST_CASE("an event that is too large for vector tap itself is counted, and the tap goes on without a word") {
  Bench bench("echo '" + meta("c", "1") + R"(' # as 0.57 says it
echo '[tap] Error: Fatal("gRPC error: status: OutOfRange, message: \"Error, message length too large: found 8389099 bytes, the limit is: 4194304 bytes\", details: [], metadata: MetadataMap { headers: {} }")' >&2
exit 0)");
  Seen seen;
  const auto watch = bench.watch("c", seen);
  REQUIRE(bench.loop.until([&] { return seen.events.size() == 2; }));
  CHECK(seen.dropped >= 1);
  CHECK(seen.notices.empty());
}

TEST_CASE("without a Vector it is waited for") {
  Bench bench("echo '" + meta("c", "1") + "'; " + stay);
  bench.has_vector = false;
  Seen seen;
  const auto watch = bench.watch("c", seen);
  REQUIRE(seen.notices.size() == 1);
  CHECK(has(seen.notices[0], "it is not there"));
  bench.has_vector = true;
  CHECK(bench.loop.until([&] { return !seen.events.empty(); }));
}

TEST_CASE("who comes while a pipeline is waited for is told so, too") {
  Bench bench(stay);
  bench.targets["p"].running = false;
  Seen first, second;
  const auto one = bench.watch("c", first);
  const auto two = bench.watch("c", second);
  CHECK(first.notices == std::vector<std::string>{"waiting for the pipeline to run"});
  CHECK(second.notices == first.notices);
}

TEST_CASE("a subprocess whose time is over goes on as another one for who came later, without a word") {
  Bench bench("sleep 2.2", std::chrono::milliseconds(2000));
  Seen first, second;
  const auto one = bench.watch("c", first);
  bench.loop.run_for(std::chrono::milliseconds(1200));
  const auto two = bench.watch("c", second);
  REQUIRE(bench.loop.until([&] { return bench.fake.starts().size() == 2; }));
  CHECK(second.notices.empty());
}

TEST_CASE("a stop ends every tap, and none begins afterwards") {
  Bench bench(stay);
  Seen first, second;
  const auto one = bench.watch("a", first);
  const auto two = bench.watch("b", second);
  REQUIRE(bench.loop.until([&] { return bench.fake.starts().size() == 2; }));
  bench.tapper.stop("the agent stops");
  CHECK(first.ends == std::vector<std::string>{"the agent stops"});
  CHECK(second.ends == first.ends);
  CHECK(bench.loop.until([&] { return !is_alive(bench.fake.pid(0)) && !is_alive(bench.fake.pid(1)); }));
  CHECK_FALSE(bench.tapper.watch("p", "a", first));
}

TEST_CASE("one that ignores every signal ends all the same") {
  Bench bench("trap '' TERM INT HUP; while :; do sleep 1000; done");
  Seen seen;
  auto watch = bench.watch("c", seen);
  REQUIRE(bench.loop.until([&] { return !bench.fake.starts().empty(); }));
  const pid_t pid = bench.fake.pid(0);
  watch.reset();
  CHECK(bench.loop.until([&] { return !is_alive(pid); }));
}

}  // namespace vf::tapper
