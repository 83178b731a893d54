#include "agent/control/vectorflow/remote_samples.h"

#include <catch2/catch.hpp>

#include "tests/unit/supervisor/test_loop.h"
#include "tests/unit/tapper/fake_tap.h"

using namespace vf;
using namespace vf::agent::vectorflow;

namespace {

struct Bench {
  supervisor::test::TestLoop loop;
  tapper::test::FakeTap fake{"echo '" + tapper::test::meta("a", "{\"n\":1}") + "'; echo '" +
                             tapper::test::meta("b", "{\"n\":2}") + "'; exec sleep 1000"};
  tapper::Sampler sampler{{loop.context(),
                           [](const std::string&, const std::string&) -> std::optional<tapper::TapTarget> {
                             return tapper::TapTarget{true, 1, 8688, tapper::ComponentRole::source};
                           },
                           [this](const std::string&) -> Result<tapper::TapProgram> { return fake.program(); },
                           std::chrono::seconds(15)}};
  metrics::AgentMetrics metrics{{"1.0.0", "x"}, std::chrono::steady_clock::now()};
  int waits = 0, heartbeats = 0;
  RemoteSamples samples{{loop.context(), sampler, metrics, [](const std::function<void()>& job) { job(); },
                         [this] { ++waits; }, [this] { ++heartbeats; }}};

  void answered(int count) {
    REQUIRE(loop.until([&] { return waits == count; }));
  }
};

}  // namespace

TEST_CASE("each requestId is sampled once, however often it is asked for") {
  Bench bench;
  bench.samples.ask("r", "p", {"a"}, 1, true);
  bench.samples.ask("r", "p", {"a"}, 1, true);
  bench.answered(1);
  bench.samples.ask("r", "p", {"a"}, 1, true);
  CHECK(bench.fake.starts().size() == 1);
  CHECK(bench.samples.body().find(R"({"n":1})") != std::string::npos);
  bench.samples.posted(200);
  CHECK_FALSE(bench.samples.waiting());
  CHECK(bench.samples.body().empty());
}

TEST_CASE("a pipeline that is not wanted here is another node's to sample, until it is wanted here") {
  Bench bench;
  bench.samples.ask("r", "p", {"a"}, 1, false);
  CHECK(bench.sampler.running() == 0);
  bench.samples.ask("r", "p", {"a"}, 1, true);
  bench.answered(1);
}

TEST_CASE("a failed post of one component goes into a heartbeat, until that was told") {
  Bench bench;
  bench.samples.ask("r", "p", {"a"}, 1, true);
  bench.answered(1);
  bench.samples.posted(500);
  CHECK_FALSE(bench.samples.waiting());
  CHECK(bench.heartbeats == 1);
  const std::string told = bench.samples.for_heartbeat();
  CHECK(told.find(R"("requestId":"r")") != std::string::npos);
  bench.samples.ask("s", "p", {"a"}, 1, true);
  bench.answered(2);
  bench.samples.posted(0);
  bench.samples.told(told);
  CHECK(bench.samples.for_heartbeat().starts_with(R"({"requestId":"s")"));
}

TEST_CASE("of several components a heartbeat tells one only: the post is tried three times") {
  Bench bench;
  bench.samples.ask("r", "p", {"a", "b", "a", ""}, 1, true);
  bench.answered(1);
  bench.samples.posted(0);
  bench.samples.posted(503);
  CHECK(bench.samples.waiting());
  CHECK(bench.samples.for_heartbeat().empty());
  bench.samples.posted(429);
  CHECK_FALSE(bench.samples.waiting());
  CHECK(bench.samples.for_heartbeat().find(R"("componentKey":"b")") != std::string::npos);
}

TEST_CASE("requests beyond all bounds are counted and not queued, and taken where they are asked for again") {
  Bench bench;
  const auto ask = [&](std::size_t number) { bench.samples.ask("r" + std::to_string(number), "p", {"a"}, 1, true); };
  for (std::size_t i = 0; i < RemoteSamples::most_waiting + 3; ++i) ask(i);
  CHECK(bench.metrics.render(std::chrono::steady_clock::now()).find("what=\"sample_results\"} 3") != std::string::npos);
  bench.answered(static_cast<int>(RemoteSamples::most_waiting));
  CHECK(bench.fake.starts().size() == RemoteSamples::most_waiting);
  bench.samples.posted(200);
  ask(RemoteSamples::most_waiting);
  bench.answered(static_cast<int>(RemoteSamples::most_waiting) + 1);
}

TEST_CASE("what the server refuses is not told again, in no heartbeat either") {
  Bench bench;
  bench.samples.ask("r", "p", {"a"}, 1, true);
  bench.answered(1);
  bench.samples.posted(400);
  CHECK_FALSE(bench.samples.waiting());
  CHECK(bench.samples.for_heartbeat().empty());
  CHECK(bench.metrics.render(std::chrono::steady_clock::now()).find("what=\"sample_results\"} 1") != std::string::npos);
}
