#include "metrics/agent_metrics.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <optional>
#include <thread>

#include "metrics/exposition.h"

namespace vf::metrics {
namespace {

using namespace std::chrono_literals;
using TimePoint = AgentMetrics::TimePoint;

constexpr TimePoint start = TimePoint(1000s);

AgentMetrics make() {
  return AgentMetrics({"1.2.3", "gcc 12"}, start);
}

// The value of the first sample of that name whose labels contain `labels` as written; nullopt where there is none.
std::optional<double> value(const std::string& text, std::string_view name, std::string_view labels = "") {
  ExpositionReader reader(text);
  while (reader.next()) {
    if (reader.name() != name) continue;
    const auto sample = reader.sample();
    if (sample && sample->labels.raw().find(labels) != std::string_view::npos) return sample->value;
  }
  return std::nullopt;
}

TEST_CASE("every series of the agent exists from the start, at zero") {
  AgentMetrics metrics = make();
  const std::string text = metrics.render(start);
  for (const char* name :
       {"vf_agent_poll_errors_total", "vf_agent_poll_duration_seconds", "vf_agent_push_reconnects_total",
        "vf_agent_push_connected", "vf_agent_heartbeat_errors_total", "vf_agent_heartbeat_duration_seconds",
        "vf_agent_pipelines_running", "vf_agent_uptime_seconds", "vf_agent_loop_lag_seconds_count"}) {
    INFO(name);
    CHECK(value(text, name) == 0);
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(Dropped::count_); ++i) {
    const std::string label = "what=\"" + std::string(to_string(static_cast<Dropped>(i))) + "\"";
    INFO(label);
    CHECK(value(text, "vf_agent_dropped_total", label) == 0);
  }
  for (const char* state : {"applied", "applying", "refused", "rolled_back"}) {
    CHECK(value(text, "vf_agent_pipelines_sync", std::string("state=\"") + state + "\"") == 0);
  }
}

TEST_CASE("the names and types of the documented metrics are kept") {
  AgentMetrics metrics = make();
  const std::string text = metrics.render(start);
  for (const char* type :
       {"vf_agent_poll_errors_total counter", "vf_agent_poll_duration_seconds gauge",
        "vf_agent_push_reconnects_total counter", "vf_agent_push_connected gauge",
        "vf_agent_heartbeat_errors_total counter", "vf_agent_heartbeat_duration_seconds gauge",
        "vf_agent_pipelines_running gauge", "vf_agent_uptime_seconds gauge", "vf_agent_loop_lag_seconds histogram",
        "vf_agent_dropped_total counter", "process_cpu_seconds_total counter", "process_resident_memory_bytes gauge"}) {
    INFO(type);
    CHECK(text.find(std::string("# TYPE ") + type + "\n") != std::string::npos);
  }
}

TEST_CASE("every line that is rendered is well-formed") {
  AgentMetrics metrics = make();
  metrics.set_pipeline("p\n1", {"a \"name\" \\ with \xFF everything\n", true, 1, 2, SyncState::applied});
  const std::string text = metrics.render(start);
  ExpositionReader reader(text);
  while (reader.next()) CHECK(reader.sample());
  CHECK(reader.malformed() == 0);
  CHECK(value(text, "vf_agent_pipeline_up", R"(name="a \"name\" \\ with ? everything\n",pipeline="p\n1")") == 1);
}

TEST_CASE("the build is told by labels") {
  AgentMetrics metrics = make();
  CHECK(value(metrics.render(start), "vf_agent_build_info", R"(compiler="gcc 12",version="1.2.3")") == 1);
}

TEST_CASE("a poll tells how long it took, and counts where it failed") {
  AgentMetrics metrics = make();
  metrics.poll_finished(2s, false);
  metrics.poll_finished(250ms, true);
  const std::string text = metrics.render(start);
  CHECK(value(text, "vf_agent_poll_errors_total") == 1);
  CHECK(value(text, "vf_agent_poll_duration_seconds") == 0.25);
}

TEST_CASE("a heartbeat tells how long it took, and counts where it failed") {
  AgentMetrics metrics = make();
  metrics.heartbeat_finished(1s, false);
  metrics.heartbeat_finished(500ms, false);
  const std::string text = metrics.render(start);
  CHECK(value(text, "vf_agent_heartbeat_errors_total") == 2);
  CHECK(value(text, "vf_agent_heartbeat_duration_seconds") == 0.5);
}

TEST_CASE("what a heartbeat repeats is what the metrics say") {
  AgentMetrics metrics = make();
  metrics.poll_finished(1s, false);
  metrics.heartbeat_finished(1s, false);
  metrics.heartbeat_finished(1s, false);
  for (int i = 0; i < 3; ++i) metrics.push_reconnected();
  metrics.set_push_connected(true);
  metrics.set_pipeline("a", {"", true, 0, 1, SyncState::applied});
  metrics.set_pipeline("b", {"", false, 0, 1, SyncState::applied});
  const HealthReadings health = metrics.health(start + 1500ms);
  CHECK(health.poll_errors_total == 1);
  CHECK(health.heartbeat_errors_total == 2);
  CHECK(health.push_reconnects_total == 3);
  CHECK(health.push_connected);
  CHECK(health.pipelines_running == 1);
  CHECK(health.uptime_seconds == 1.5);
  const std::string text = metrics.render(start + 1500ms);
  CHECK(value(text, "vf_agent_push_reconnects_total") == 3);
  CHECK(value(text, "vf_agent_push_connected") == 1);
  CHECK(value(text, "vf_agent_pipelines_running") == 1);
  CHECK(value(text, "vf_agent_uptime_seconds") == 1.5);
  metrics.set_push_connected(false);
  CHECK_FALSE(metrics.health(start).push_connected);
}

TEST_CASE("the link is in one state at a time, at first connecting") {
  AgentMetrics metrics = make();
  const auto states = [&] {
    const std::string text = metrics.render(start);
    std::string at;
    for (const char* state : {"connecting", "connected", "degraded", "refused"}) {
      if (value(text, "vf_agent_link_state", std::string("\"") + state + "\"") == 1) at += state;
    }
    return at;
  };
  CHECK(states() == "connecting");
  metrics.set_link(LinkState::degraded);
  CHECK(states() == "degraded");
  metrics.set_link(LinkState::connected);
  CHECK(states() == "connected");
}

TEST_CASE("drops are counted by what was dropped") {
  AgentMetrics metrics = make();
  metrics.count_dropped(Dropped::scrapes);
  metrics.count_dropped(Dropped::log_lines_overwritten, 40);
  metrics.count_dropped(Dropped::log_lines_overwritten, 2);
  metrics.count_dropped(Dropped::sample_results, 0);
  const std::string text = metrics.render(start);
  CHECK(value(text, "vf_agent_dropped_total", "what=\"scrapes\"") == 1);
  CHECK(value(text, "vf_agent_dropped_total", "what=\"log_lines_overwritten\"") == 42);
  CHECK(value(text, "vf_agent_dropped_total", "what=\"sample_results\"") == 0);
}

TEST_CASE("loop lag falls into buckets from half a millisecond to a second") {
  AgentMetrics metrics = make();
  for (const auto lag : {100us, 800us, 9000us, 2000000us}) metrics.observe_loop_lag(lag);
  const std::string text = metrics.render(start);
  CHECK(value(text, "vf_agent_loop_lag_seconds_bucket", "le=\"0.0005\"") == 1);
  CHECK(value(text, "vf_agent_loop_lag_seconds_bucket", "le=\"0.001\"") == 2);
  CHECK(value(text, "vf_agent_loop_lag_seconds_bucket", "le=\"0.01\"") == 3);
  CHECK(value(text, "vf_agent_loop_lag_seconds_bucket", "le=\"1\"") == 3);
  CHECK(value(text, "vf_agent_loop_lag_seconds_bucket", "le=\"+Inf\"") == 4);
}

TEST_CASE("a pipeline's series follow it and end with it") {
  AgentMetrics metrics = make();
  const std::string labels = R"(name="shop",pipeline="p1")";
  metrics.set_pipeline("p1", {"shop", false, 0, 3, SyncState::applying});
  std::string text = metrics.render(start);
  CHECK(value(text, "vf_agent_pipeline_up", labels) == 0);
  CHECK(value(text, "vf_agent_pipeline_config_version", labels) == 3);
  CHECK(value(text, "vf_agent_pipeline_in_sync", labels) == 0);
  CHECK(value(text, "vf_agent_pipeline_restarts_total", labels) == 0);
  CHECK(value(text, "vf_agent_pipelines_sync", "\"applying\"") == 1);

  metrics.set_pipeline("p1", {"shop", true, 1, 4, SyncState::applied});
  metrics.set_pipeline("p1", {"shop", true, 2, 4, SyncState::applied});
  text = metrics.render(start);
  CHECK(value(text, "vf_agent_pipeline_up", labels) == 1);
  CHECK(value(text, "vf_agent_pipeline_config_version", labels) == 4);
  CHECK(value(text, "vf_agent_pipeline_in_sync", labels) == 1);
  CHECK(value(text, "vf_agent_pipeline_restarts_total", labels) == 2);
  CHECK(value(text, "vf_agent_pipelines_running") == 1);
  CHECK(value(text, "vf_agent_pipelines_sync", "\"applying\"") == 0);
  CHECK(value(text, "vf_agent_pipelines_sync", "\"applied\"") == 1);

  metrics.remove_pipeline("p1");
  metrics.remove_pipeline("p1");
  text = metrics.render(start);
  CHECK(text.find("vf_agent_pipeline_") == std::string::npos);
  CHECK(value(text, "vf_agent_pipelines_running") == 0);
  CHECK(value(text, "vf_agent_pipelines_sync", "\"applied\"") == 0);
}

TEST_CASE("a renamed pipeline has series under its new name only, and its restarts go on") {
  AgentMetrics metrics = make();
  metrics.set_pipeline("p1", {"old", true, 5, 1, SyncState::applied});
  metrics.set_pipeline("p1", {"new", true, 6, 1, SyncState::applied});
  const std::string text = metrics.render(start);
  CHECK(text.find("name=\"old\"") == std::string::npos);
  CHECK(value(text, "vf_agent_pipeline_restarts_total", "name=\"new\"") == 6);
  CHECK(value(text, "vf_agent_pipelines_running") == 1);
}

TEST_CASE("two ids that look the same as labels do not end each other's series") {
  AgentMetrics metrics = make();
  metrics.set_pipeline("p\xFE", {"", true, 0, 1, SyncState::applied});
  metrics.set_pipeline("p\xFF", {"", true, 0, 2, SyncState::applied});
  CHECK(value(metrics.render(start), "vf_agent_pipeline_config_version", "pipeline=\"p?\"") == 1);
  metrics.remove_pipeline("p\xFF");
  CHECK(value(metrics.render(start), "vf_agent_pipeline_config_version", "pipeline=\"p?\"") == 1);
  metrics.set_pipeline("p\xFE", {"", true, 0, 3, SyncState::applied});
  metrics.remove_pipeline("p\xFE");
  CHECK_FALSE(value(metrics.render(start), "vf_agent_pipeline_config_version"));
}

TEST_CASE("the process's own figures are there and its CPU time never goes down") {
  AgentMetrics metrics = make();
  const std::string text = metrics.render(start);
  CHECK(value(text, "process_resident_memory_bytes").value_or(0) > 100'000);
  CHECK(value(text, "process_virtual_memory_bytes").value_or(0) > 100'000);
  CHECK(value(text, "process_start_time_seconds").value_or(0) > 1e9);
  CHECK(value(text, "process_open_fds").value_or(0) >= 1);
  CHECK(value(text, "process_max_fds").has_value());
  const double before = value(text, "process_cpu_seconds_total").value_or(-1);
  CHECK(before >= 0);
  CHECK(value(metrics.render(start), "process_cpu_seconds_total").value_or(-1) >= before);
}

TEST_CASE("rendering while pipelines come and go is safe") {
  AgentMetrics metrics = make();
  std::atomic<bool> done = false;
  std::thread worker([&] {
    do {
      (void)metrics.render(start);
    } while (!done);
  });
  for (int i = 0; i < 300; ++i) {
    const std::string id = "p" + std::to_string(i % 20);
    if (i % 3 == 2) {
      metrics.remove_pipeline(id);
    } else {
      metrics.set_pipeline(id, {"n" + std::to_string(i), i % 2 == 0, static_cast<std::uint64_t>(i), i, {}});
    }
    metrics.observe_loop_lag(1ms);
    metrics.count_dropped(Dropped::heartbeats);
    (void)metrics.health(start);
  }
  done = true;
  worker.join();
  CHECK(value(metrics.render(start), "vf_agent_dropped_total", "heartbeats") == 300);
}

}  // namespace
}  // namespace vf::metrics
