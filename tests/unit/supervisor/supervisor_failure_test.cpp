#include <signal.h>

#include "supervisor_bench.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;
using namespace std::chrono_literals;

namespace {

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("an exit that nobody asked for is a failure, told in words, and retried for ever") {
  SupervisorBench bench;
  bench.healthy = false;
  bench.want({pipeline("p", "exit 78")});
  REQUIRE(bench.loop.until([&] { return bench.status("p").restarts >= 4; }));
  const auto told = bench.notes_with("Vector ended with exit code 78 (bad configuration) after ", NoteLevel::warning);
  REQUIRE(told.size() >= 4);
  CHECK(told[0].find("; attempt 2 in 0.0 s") != std::string::npos);
  CHECK(told[2].find("; crash loop, attempt 4 in 0.1 s") != std::string::npos);
  CHECK(bench.status("p").problem.starts_with("Vector ended with exit code 78"));
  CHECK(bench.position("p is crashed") < bench.position("p is crash loop"));
}

TEST_CASE("the wait before an attempt grows as the policy says") {
  SupervisorBench bench;
  bench.healthy = false;
  bench.settings.limits.restart = {50ms, 200ms, 60s, 3};
  std::vector<TimePoint> starts;
  bench.want({pipeline("p", "exit 1")});
  std::uint64_t seen = 0;
  REQUIRE(bench.loop.until([&] {
    const PipelineStatus now = bench.status("p");
    if (now.started && now.generation != seen) {
      seen = now.generation;
      starts.push_back(*now.started);
    }
    return starts.size() == 5;
  }));
  const std::chrono::milliseconds at_least[] = {40ms, 80ms, 160ms, 160ms};
  for (std::size_t i = 0; i < 4; ++i) CHECK(starts[i + 1] - starts[i] >= at_least[i]);
}

TEST_CASE("status 0 is a failure too") {
  SupervisorBench bench;
  bench.want({pipeline("p", "exit 0")});
  REQUIRE(bench.until_noted("Vector ended with exit code 0 after "));
  CHECK(bench.notes_with("though it was not told to").size() >= 1);
}

TEST_CASE("a death by signal is told as one, and the next process has the same ports") {
  SupervisorBench bench;
  bench.want({pipeline("p")});
  REQUIRE(bench.until_running("p"));
  const PipelineStatus before = bench.status("p");
  REQUIRE(::kill(*before.pid, SIGSEGV) == 0);
  REQUIRE(
      bench.loop.until([&] { return bench.status("p").restarts == 1 && bench.state("p") == ProcessState::running; }));
  CHECK(bench.notes_with("Vector ended with signal 11 (Segmentation fault) after ", NoteLevel::warning).size() == 1);
  const PipelineStatus after = bench.status("p");
  CHECK(after.pid != before.pid);
  CHECK(after.ports == before.ports);
  CHECK(after.generation > before.generation);
  CHECK(after.problem.empty());
}

TEST_CASE("the last words come before the death, the unterminated ones too") {
  SupervisorBench bench;
  bench.settings.limits.restart.first = 60s;
  bench.settings.limits.restart.longest = 60s;
  bench.want({pipeline(
      "p",
      "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo why >&2; printf 'last words'; exit 1")});
  REQUIRE(bench.until_state("p", ProcessState::crashed));
  CHECK(bench.lines["p"].size() == 2002);
  CHECK(bench.position("p says last words") < bench.position("p is crashed"));
  CHECK(bench.position("p says why") < bench.position("p is crashed"));
  CHECK(bench.position("p says line 1999") < bench.position("p says last words"));
}

TEST_CASE("what an earlier process printed is not told again") {
  SupervisorBench bench;
  bench.want({pipeline("p", "echo started; exec sleep 1000")});
  REQUIRE(bench.until_said("p", "started"));
  REQUIRE(bench.until_running("p"));
  CHECK(bench.keeper().restart("p"));
  REQUIRE(bench.loop.until([&] { return bench.status("p").restarts == 1; }));
  REQUIRE(bench.loop.until([&] { return bench.lines["p"].size() == 2; }));
  bench.loop.run_for(20ms);
  CHECK(bench.lines["p"] == Strings{"started", "started"});
}

TEST_CASE("a pipeline that fails leaves the others alone") {
  SupervisorBench bench;
  bench.want({pipeline("bad", "exit 1"), pipeline("good")});
  REQUIRE(bench.until_running("good"));
  const pid_t pid = *bench.status("good").pid;
  REQUIRE(bench.loop.until([&] { return bench.status("bad").restarts >= 5; }));
  CHECK(bench.status("good").pid == pid);
  CHECK(bench.status("good").restarts == 0);
}

TEST_CASE("each process of a crash loop is told of") {
  SupervisorBench bench;
  bench.healthy = false;
  bench.want({pipeline("p", "exit 1")});
  REQUIRE(bench.loop.until([&] { return bench.status("p").restarts >= 6; }));
  CHECK(std::ranges::count(bench.record, "p is crash loop") >= 4);
}

TEST_CASE("a change mends a crash loop at once, however long the wait would be") {
  SupervisorBench bench;
  bench.settings.limits.restart = {3600s, 3600s, 60s, 1};
  bench.want({pipeline("p", "exit 1")});
  REQUIRE(bench.until_state("p", ProcessState::crash_loop));
  bench.want({pipeline("p", "exec sleep 1000", 2)});
  REQUIRE(bench.until_running("p"));
  CHECK(bench.status("p").version == 2);
  CHECK(bench.status("p").problem.empty());
}

TEST_CASE("a restart does not wait for the next attempt's time") {
  SupervisorBench bench;
  bench.settings.limits.restart = {3600s, 3600s, 60s, 3};
  put(bench.folder / "fails", "");
  bench.want({pipeline("p", "[ -e " + (bench.folder / "fails") + " ] && exit 1; exec sleep 1000")});
  REQUIRE(bench.until_state("p", ProcessState::crashed));
  REQUIRE(::unlink((bench.folder / "fails").c_str()) == 0);
  CHECK(bench.keeper().restart("p"));
  CHECK(bench.until_running("p"));
}

TEST_CASE("log files that somebody removed keep no Vector from starting") {
  SupervisorBench bench;
  bench.want({pipeline("p", "echo here; exec sleep 1000")});
  REQUIRE(bench.until_running("p"));
  REQUIRE(bench.until_said("p", "here"));
  std::filesystem::remove_all(bench.data("logs"));
  REQUIRE(::kill(*bench.status("p").pid, SIGKILL) == 0);
  REQUIRE(
      bench.loop.until([&] { return bench.status("p").restarts == 1 && bench.state("p") == ProcessState::running; }));
  CHECK(bench.loop.until([&] { return bench.lines["p"].size() == 2; }));
  CHECK(bench.notes_with("attempt 2", NoteLevel::warning).size() == 1);  // its death, and no failed start
}

TEST_CASE("a health of 60 s forgets all failures; the figure is the policy's") {
  SupervisorBench bench;
  bench.settings.limits.restart.healthy_for = 1ms;
  bench.want({pipeline("p")});
  for (std::uint64_t times = 1; times <= 5; ++times) {
    REQUIRE(bench.until_running("p"));
    bench.loop.run_for(5ms);  // longer than the policy asks for
    REQUIRE(::kill(*bench.status("p").pid, SIGKILL) == 0);
    REQUIRE(bench.loop.until([&] { return bench.status("p").restarts == times; }));
  }
  CHECK(bench.notes_with("; attempt 2 in ").size() == 5);
  CHECK(bench.notes_with("crash loop").empty());
}
