#include "tapper/sampler.h"

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

struct Bench {
  explicit Bench(const std::string& script, std::chrono::milliseconds longest = Sampler::longest)
      : fake(script),
        sampler({loop.context(),
                 [this](const std::string& pipeline, const std::string& id) -> std::optional<TapTarget> {
                   if (pipeline != "p") return std::nullopt;
                   TapTarget target = is;
                   if (roles.contains(id)) target.role = roles.at(id);
                   return target;
                 },
                 [this](const std::string&) -> Result<TapProgram> { return fake.program(); }, longest}) {}

  std::vector<ComponentSample> run(std::vector<std::string> ids, std::size_t limit) {
    std::vector<ComponentSample> found;
    bool done = false;
    sampler.run({"p", std::move(ids), limit}, [&](std::vector<ComponentSample> samples) {
      found = std::move(samples);
      done = true;
    });
    CHECK_FALSE(done);
    REQUIRE(loop.until([&] { return done; }));
    return found;
  }

  TestLoop loop;
  FakeTap fake;
  TapTarget is{true, 1, 8688, ComponentRole::unknown};
  std::map<std::string, ComponentRole> roles;
  Sampler sampler;
};

std::string echo(const std::string& component, const std::string& event) {
  return "echo '" + meta(component, event) + "'\n";
}

using Events = std::vector<std::string>;

}  // namespace

TEST_CASE("one subprocess samples all components of an order, told apart, and ends as soon as all are full") {
  Bench bench(echo("a", "{\"n\":1}") + echo("b", "{\"n\":2}") + echo("a", "{\"n\":3}") + echo("a", "{\"n\":4}") +
              echo("other", "{\"n\":5}") + echo("b", "{\"n\":6}") + "exec sleep 1000");
  const auto found = bench.run({"a", "b"}, 2);
  REQUIRE(found.size() == 2);
  CHECK(found[0].component_id == "a");
  CHECK(found[0].events == Events{"{\"n\":1}", "{\"n\":3}"});
  CHECK(found[1].events == Events{"{\"n\":2}", "{\"n\":6}"});
  CHECK(found[0].error.empty());
  REQUIRE(bench.fake.starts().size() == 1);
  CHECK(bench.fake.starts()[0].find("--outputs-of=a,a.*,b,b.* ") != std::string::npos);
  CHECK(bench.loop.until([&] { return !is_alive(bench.fake.pid(0)); }));
  CHECK(bench.sampler.running() == 0);
}

TEST_CASE("a component without events has an error when its time is over, the others have their events") {
  Bench bench(echo("a", "{\"n\":1}") + "exec sleep 1000", std::chrono::milliseconds(3000));
  const auto found = bench.run({"a", "quiet"}, 5);
  CHECK(found[0].events.size() == 1);
  CHECK(found[0].error.empty());
  CHECK(found[1].events.empty());
  CHECK(found[1].error == "no events received within 15s");
}

TEST_CASE("sinks have a subprocess each, whether it was known that they are sinks or Vector says so") {
  Bench bench(R"(case "$*" in
*inputs-of=s*) )" +
              echo("a", "{\"s\":1}") + R"(;;
*inputs-of=t*) )" +
              echo("a", "{\"t\":1}") + R"(;;
*) echo "[tap] Pattern 't' failed to match: will retry on configuration reload." >&2
echo "[tap] Warning: sink outputs cannot be tapped. Output pattern 't' matches sinks [\"t\"]" >&2
)" + echo("a", "{\"a\":1}") +
              R"(;; esac
exec sleep 1000)");
  bench.roles["s"] = ComponentRole::sink;
  const auto found = bench.run({"a", "s", "t"}, 1);
  CHECK(found[0].events == Events{"{\"a\":1}"});
  CHECK(found[1].events == Events{"{\"s\":1}"});
  CHECK(found[2].events == Events{"{\"t\":1}"});
  CHECK(bench.fake.starts().size() == 3);
}

TEST_CASE("four subprocesses run at once and the fifth waits its turn") {
  Bench bench("exec sleep 1000", std::chrono::milliseconds(2000));
  for (int i = 0; i < 6; ++i) bench.roles["s" + std::to_string(i)] = ComponentRole::sink;
  std::size_t most = 0;
  bool done = false;
  bench.sampler.run({"p", {"s0", "s1", "s2", "s3", "s4", "s5"}, 1}, [&](const auto&) { done = true; });
  REQUIRE(bench.loop.until([&] {
    most = std::max(most, bench.sampler.running());
    return done;
  }));
  CHECK(most == 4);
  CHECK(bench.fake.starts().size() == 6);
}

TEST_CASE("what there is not is said in place of events") {
  Bench bench(R"(echo "[tap] Pattern 'x' failed to match: will retry on configuration reload." >&2
echo "[tap] Pattern 'x.*' failed to match: will retry on configuration reload." >&2
echo "[tap] Pattern 'a.*' failed to match: will retry on configuration reload." >&2
exec sleep 1000)",
              std::chrono::milliseconds(3000));
  auto found = bench.run({"x", "a"}, 1);
  CHECK(found[0].error == "this pipeline has no such component");
  CHECK(found[1].error == "no events received within 15s");
  bench.is.running = false;
  CHECK(bench.run({"a"}, 1)[0].error == "pipeline not running");
}

TEST_CASE("components that do not exist keep the others waiting no longer than a moment") {
  Bench bench(R"(echo "[tap] Pattern 'x' failed to match: will retry on configuration reload." >&2
echo "[tap] Pattern 'x.*' failed to match: will retry on configuration reload." >&2
)" + echo("a", "{\"n\":1}") +
              "exec sleep 1000");
  const auto begun = std::chrono::steady_clock::now();
  const auto found = bench.run({"x", "a"}, 1);
  CHECK(found[0].error == "this pipeline has no such component");
  CHECK(found[1].events.size() == 1);
  CHECK(std::chrono::steady_clock::now() - begun < Sampler::longest - std::chrono::seconds(2));
}

TEST_CASE("a subprocess that ends early leaves its own words") {
  Bench bench(test::unreachable);
  CHECK(bench.run({"a"}, 1)[0].error == "Vector API server isn't reachable (http://127.0.0.1:8688/).");
}

TEST_CASE("only objects are sampled, and no more bytes than a post can carry") {
  Bench bench(echo("a", "12") + echo("a", "\"text\"") +
              "big=$(head -c 300000 /dev/zero | tr '\\0' x)\nfor i in 1 2 3; do echo '" +
              R"({"component_id":"a","component_kind":"source","component_type":"x","event":{"big":"')" + "\"$big\"" +
              R"('"}}'; done; exec sleep 1000)");
  const auto found = bench.run({"a"}, 100);
  REQUIRE(found[0].events.size() == 1);
  CHECK(found[0].events[0].size() > 300000);
}

TEST_CASE("a stop tells nobody and leaves nothing behind") {
  Bench bench("exec sleep 1000");
  bool done = false;
  bench.sampler.run({"p", {"a"}, 1}, [&](const auto&) { done = true; });
  REQUIRE(bench.loop.until([&] { return !bench.fake.starts().empty(); }));
  bench.sampler.stop();
  CHECK(bench.loop.until([&] { return !is_alive(bench.fake.pid(0)); }));
  CHECK_FALSE(done);
}

}  // namespace vf::tapper
