#include <signal.h>

#include "supervisor_bench.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;
using namespace std::chrono_literals;

namespace {

using Names = std::set<std::string>;

/// Ends well when told to, after a word.
const std::string polite = "trap 'echo goodbye; kill $!; exit 0' TERM; sleep 1000 & echo ready; wait $!";
/// Does not hear SIGTERM.
const std::string deaf = "trap '' TERM; echo deaf; exec sleep 1000";

}  // namespace

TEST_CASE("a pipeline not wanted any more is stopped, and nothing of it is left") {
  SupervisorBench bench;
  bench.want({pipeline("p", polite), pipeline("q")});
  REQUIRE(bench.until_said("p", "ready"));
  REQUIRE(bench.until_running("p"));
  REQUIRE(bench.until_running("q"));
  const pid_t pid = *bench.status("p").pid;
  bench.want({pipeline("q")});
  CHECK(bench.state("p") == ProcessState::stopping);
  CHECK(bench.status("p").pid == pid);
  REQUIRE(bench.until_gone("p"));
  CHECK_FALSE(is_alive(pid));
  CHECK(bench.notes_with("is not wanted any more; stopping it").size() == 1);
  CHECK(bench.notes_with("stopped: exit code 0 after ").size() == 1);
  CHECK(bench.position("p is stopping") < bench.position("p says goodbye"));
  CHECK(bench.position("p says goodbye") < bench.position("gone p"));
  CHECK(bench.loop.until([&] {
    return names_in(bench.data("pipelines")) == Names{"q.yaml", "q.yaml.vf-metrics.yaml"} &&
           names_in(bench.data("logs")) == Names{"q.stderr", "q.stdout"};
  }));
  CHECK(bench.notes_with("", NoteLevel::warning).empty());
}

TEST_CASE("a stop that takes too long ends in SIGKILL, with all that was started") {
  SupervisorBench bench;
  bench.settings.limits.stop_timeout = 200ms;
  bench.want({pipeline("p", "trap '' TERM; sleep 1000 & echo $!; exec sleep 1000")});
  REQUIRE(bench.until_running("p"));
  REQUIRE(bench.loop.until([&] { return !bench.lines["p"].empty(); }));
  const pid_t grandchild = std::stoi(bench.lines["p"][0]);
  REQUIRE(is_alive(grandchild));
  const auto begin = std::chrono::steady_clock::now();
  bench.want({});
  REQUIRE(bench.until_gone("p"));
  CHECK(std::chrono::steady_clock::now() - begin >= 200ms);
  CHECK(bench.loop.until([&] { return !is_alive(grandchild); }));
  CHECK(bench.notes_with("did not end within 0.2 s of SIGTERM", NoteLevel::warning).size() == 1);
  CHECK(bench.notes_with("stopped: signal 9 (Killed) after ").size() == 1);
}

TEST_CASE("a stopped process hears of its end, too") {
  SupervisorBench bench;
  bench.want({pipeline("p")});
  REQUIRE(bench.until_running("p"));
  REQUIRE(::kill(*bench.status("p").pid, SIGSTOP) == 0);
  bench.want({});
  CHECK(bench.until_gone("p"));
}

TEST_CASE("a slow stop delays nothing else") {
  SupervisorBench bench;
  bench.want({pipeline("slow", deaf), pipeline("other")});
  REQUIRE(bench.until_said("slow", "deaf"));
  REQUIRE(bench.until_running("slow"));
  REQUIRE(bench.until_running("other"));
  bench.want({pipeline("other", "echo changed; exec sleep 1000", 2), pipeline("new")});
  REQUIRE(bench.until_said("other", "changed"));
  REQUIRE(bench.until_running("other"));
  REQUIRE(bench.until_running("new"));
  CHECK(bench.state("slow") == ProcessState::stopping);
  CHECK(bench.keeper().restart("other"));
  REQUIRE(bench.loop.until([&] { return bench.status("other").restarts == 2; }));
  bench.want({pipeline("other", "echo changed; exec sleep 1000", 2)});
  CHECK(bench.until_gone("new"));
  CHECK(bench.state("slow") == ProcessState::stopping);
}

TEST_CASE("a pipeline that waits for its next attempt is gone at once") {
  SupervisorBench bench;
  bench.settings.limits.restart = {3600s, 3600s, 60s, 3};
  bench.want({pipeline("p", "exit 1")});
  REQUIRE(bench.until_state("p", ProcessState::crashed));
  bench.want({});
  CHECK_FALSE(bench.keeper().status("p"));
  CHECK(bench.loop.until([&] { return names_in(bench.data("pipelines")).empty(); }));
}

TEST_CASE("all are stopped side by side, and then that is said once") {
  SupervisorBench bench;
  // Each ends only when all of them were told to: were it one after the other, none ever would.
  std::string all_told = "true";
  for (int i = 0; i < 5; ++i) all_told += " && [ -e " + (bench.folder / ("told" + std::to_string(i))) + " ]";
  std::vector<PipelineSpec> pipelines;
  for (int i = 0; i < 5; ++i)
    pipelines.push_back(
        pipeline("p" + std::to_string(i), "trap ': > " + (bench.folder / ("told" + std::to_string(i))) +
                                              "; kill $!; until " + all_told +
                                              "; do sleep 0.01; done; exit 0' TERM; sleep 1000 & echo ready; wait $!"));
  bench.want(pipelines);
  for (const PipelineSpec& spec : pipelines) {
    REQUIRE(bench.until_said(spec.id, "ready"));
    REQUIRE(bench.until_running(spec.id));
  }
  int done = 0;
  bench.keeper().stop_all([&] { ++done; });
  CHECK(done == 0);
  REQUIRE(bench.loop.until([&] { return done > 0; }));
  CHECK(bench.keeper().statuses().empty());
  bench.loop.run_for(20ms);
  CHECK(done == 1);
}

TEST_CASE("after the end began nothing is started any more") {
  SupervisorBench bench;
  bench.settings.limits.restart = {3600s, 3600s, 60s, 3};
  bench.want({pipeline("slow", deaf), pipeline("backoff", "exit 1")});
  REQUIRE(bench.until_said("slow", "deaf"));
  REQUIRE(bench.until_state("backoff", ProcessState::crashed));
  bool done = false;
  bench.keeper().stop_all([&] { done = true; });
  bench.want({pipeline("slow", deaf, 2), pipeline("new")});
  CHECK_FALSE(bench.keeper().restart("slow"));
  CHECK_FALSE(bench.keeper().status("new"));
  CHECK_FALSE(bench.keeper().status("backoff"));
  CHECK(bench.state("slow") == ProcessState::stopping);
  CHECK_FALSE(done);
  bench.keeper().kill_all();
  CHECK(bench.loop.until([&] { return done; }));
}

TEST_CASE("what was running stays on disk when the agent ends, for its next start") {
  SupervisorBench bench;
  PipelineSpec spec = pipeline("p");
  spec.certs = {{"c.pem", "x"}};
  bench.want({spec});
  REQUIRE(bench.until_running("p"));
  bool done = false;
  bench.keeper().stop_all([&] { done = true; });
  REQUIRE(bench.loop.until([&] { return done; }));
  bench.loop.run_for(20ms);
  CHECK(names_in(bench.data("pipelines")) == Names{"p.yaml", "p.yaml.vf-metrics.yaml"});
  CHECK(names_in(bench.data("certs")) == Names{"c.pem"});
}

TEST_CASE("with nothing running the end is said all the same") {
  SupervisorBench bench;
  bool done = false;
  bench.keeper().stop_all([&] { done = true; });
  CHECK_FALSE(done);  // never from inside the call
  CHECK(bench.loop.until([&] { return done; }));
}

TEST_CASE("the end does not wait for files that are being written") {
  SupervisorBench bench;
  bench.worker.hold();
  bench.want({pipeline("p")});
  bool done = false;
  bench.keeper().stop_all([&] { done = true; });
  CHECK(bench.loop.until([&] { return done; }));
  bench.worker.release();
  bench.loop.run_for(20ms);
  CHECK(bench.keeper().statuses().empty());
  CHECK(bench.lines["p"].empty());
}

TEST_CASE("kill_all ends at once what does not hear, and claims no patience it did not have") {
  SupervisorBench bench;
  bench.want({pipeline("a", deaf), pipeline("b", deaf)});
  for (const char* id : {"a", "b"}) {
    REQUIRE(bench.until_said(id, "deaf"));
    REQUIRE(bench.until_running(id));
  }
  bool done = false;
  bench.keeper().stop_all([&] { done = true; });
  bench.loop.run_for(20ms);
  CHECK_FALSE(done);
  bench.keeper().kill_all();
  CHECK(bench.loop.until([&] { return done; }));
  CHECK(bench.notes_with("did not end within").empty());
  CHECK(bench.notes_with("stopped: signal 9 (Killed) after ").size() == 2);
}
