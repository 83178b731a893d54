#include "agent/commands/status_text.h"

#include <catch2/catch.hpp>

#include "agent/local/status_report.h"

namespace vf::agent {
namespace {

using supervisor::ProcessState;
using supervisor::Sync;

StatusReport report() {
  StatusReport report;
  report.version = "1.2.3";
  report.pid = 77;
  report.uptime = std::chrono::seconds(3 * 3600 + 240);
  report.control_plane = "https://cp.example";
  report.link = {Link::connected, ""};
  report.vector_version = "0.54.0";
  return report;
}

StatusReport::Pipeline running(const std::string& id) {
  StatusReport::Pipeline pipeline;
  pipeline.status.id = id;
  pipeline.status.name = "name of " + id;
  pipeline.status.version = 4;
  pipeline.status.state = ProcessState::running;
  pipeline.status.sync = Sync::applied;
  pipeline.status.pid = 4711;
  pipeline.status.restarts = 2;
  pipeline.uptime = std::chrono::seconds(61);
  return pipeline;
}

state::Death death() {
  return {"p1",
          "edge",
          1'700'000'000,
          "killed by signal 9 (SIGKILL)",
          3200,
          "the \x1b[31mlast words",
          "starts again in 4 s",
          3};
}

std::string shown(const StatusReport& of, TextStyle style = {}, std::int64_t now = 1'700'000'090) {
  const auto text = status_text(to_json(of), now, style);
  REQUIRE(text);
  return text.value();
}

std::size_t widest(const std::string& text) {
  std::size_t most = 0;
  std::size_t now = 0;
  for (const char c : text) {
    if (c == '\n') now = 0;
    if (c != '\n' && (static_cast<unsigned char>(c) & 0xC0) != 0x80) most = std::max(most, ++now);
  }
  return most;
}

}  // namespace

TEST_CASE("all is well where the control plane is reached and all runs as it is wanted") {
  StatusReport of = report();
  CHECK(is_all_well(of));
  of.pipelines = {running("p1"), running("p2")};
  CHECK(is_all_well(of));
  CHECK_THAT(to_json(of), Catch::Contains("\"ok\":true"));
  for (const Link link : {Link::connecting, Link::degraded, Link::refused}) {
    StatusReport other = of;
    other.link.link = link;
    CHECK_FALSE(is_all_well(other));
  }
  for (const ProcessState state : {ProcessState::waiting, ProcessState::starting, ProcessState::stopping,
                                   ProcessState::stopped, ProcessState::crashed, ProcessState::crash_loop}) {
    StatusReport other = of;
    other.pipelines[1].status.state = state;
    CHECK_FALSE(is_all_well(other));
  }
  for (const Sync sync : {Sync::applying, Sync::refused, Sync::rolled_back}) {
    StatusReport other = of;
    other.pipelines[1].status.sync = sync;
    CHECK_FALSE(is_all_well(other));
  }
  of.pipelines[0].refusal = "not understood";
  CHECK_FALSE(is_all_well(of));
}

TEST_CASE("the agent, its control plane and each pipeline have a line") {
  StatusReport of = report();
  of.pipelines = {running("p1")};
  CHECK(shown(of) ==
        "vf-agent 1.2.3, pid 77, up 3h4m; Vector 0.54.0\n"
        "control plane https://cp.example: connected\n"
        "\n"
        "PIPELINE    STATE    SYNC     VERSION  PID   UP    RESTARTS\n"
        "name of p1  running  applied  4        4711  1m1s  2\n");
  of.link = {Link::degraded, "HTTP 503"};
  of.pipelines.clear();
  of.upgrade = "on trial";
  CHECK(shown(of) ==
        "vf-agent 1.2.3, pid 77, up 3h4m; Vector 0.54.0\n"
        "control plane https://cp.example: degraded, HTTP 503\n"
        "upgrade: on trial\n"
        "\n"
        "no pipelines are wanted here\n");
}

TEST_CASE("why a version is refused stands below its pipeline, and so does why it does not run") {
  StatusReport of = report();
  of.pipelines = {running("p1"), running("p2"), running("p3")};
  of.pipelines[0].status.sync = Sync::refused;
  of.pipelines[0].status.refused_version = 5;
  of.pipelines[0].status.refusal = "unknown field `foo`\nin `sources.in`";
  of.pipelines[0].status.problem = of.pipelines[0].status.refusal;  // it is said once
  of.pipelines[1].status.pid.reset();
  of.pipelines[1].status.state = ProcessState::crashed;
  of.pipelines[1].status.problem = "cannot find vector: no such program";
  of.pipelines[2].refusal = "p3.yaml:1: not YAML";
  CHECK_THAT(shown(of), Catch::Contains("name of p1  running  refused  4        4711  1m1s  2\n"
                                        "    version 5 is refused:\n"
                                        "      unknown field `foo`\n"
                                        "      in `sources.in`\n"
                                        "name of p2  crashed  applied  4        -     -     2\n"
                                        "    cannot find vector: no such program\n"
                                        "name of p3  running  refused  4        4711  1m1s  2\n"
                                        "    its newest is refused:\n"
                                        "      p3.yaml:1: not YAML\n"));
}

TEST_CASE("each death tells when, how, after how long, its last words and what came next; and steers no terminal") {
  StatusReport of = report();
  of.deaths = {death()};
  CHECK_THAT(shown(of), Catch::EndsWith("\nLAST DEATHS\n"
                                        "2023-11-14 22:13:20Z (1m30s ago)  edge  version 3: killed by signal 9 "
                                        "(SIGKILL) after 3.2 s\n"
                                        "    last words: the \xEF\xBF\xBD[31mlast words\n"
                                        "    then: starts again in 4 s\n"));
}

TEST_CASE("nothing is wider than the terminal, and nothing of a reason is lost") {
  StatusReport of = report();
  of.pipelines = {running("p1")};
  of.pipelines[0].status.name = std::string(200, 'n');
  of.pipelines[0].status.sync = Sync::refused;
  of.pipelines[0].status.refused_version = 5;
  for (int i = 0; i < 40; ++i) of.pipelines[0].status.refusal += "word" + std::to_string(i) + " ";
  of.deaths = {death()};
  of.deaths[0].last_error = std::string(300, 'x');
  const std::string text = shown(of, {80, false});
  CHECK(widest(text) == 80);
  for (int i = 0; i < 40; ++i) CHECK_THAT(text, Catch::Contains("word" + std::to_string(i)));
  CHECK(static_cast<std::size_t>(std::count(text.begin(), text.end(), 'x')) >= 300);
  CHECK(widest(shown(of, {40, false})) < 80);
}

TEST_CASE("colour is for terminals only") {
  StatusReport of = report();
  of.pipelines = {running("p1")};
  CHECK(shown(of).find('\x1b') == std::string::npos);
  CHECK_THAT(shown(of, {0, true}), Catch::Contains("\x1b[32mrunning\x1b[0m"));
}

TEST_CASE("an answer that is no report is an error") {
  for (const char* text : {"", "[]", "1", "{"}) CHECK_FALSE(status_text(text, 0, {}));
  CHECK(status_text("{}", 0, {}));
}

}  // namespace vf::agent
