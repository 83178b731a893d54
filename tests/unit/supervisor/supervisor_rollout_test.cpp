#include <signal.h>

#include <fstream>
#include <sstream>

#include "supervisor_bench.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;
using namespace std::chrono_literals;

namespace {

using Strings = std::vector<std::string>;

std::string says(const std::string& word) {
  return "echo " + word + "; exec sleep 1000";
}

/// A Vector that lives on, says `word` when it is started, and does on SIGHUP what its configuration file says then.
/// Versions differ in their YAML alone, so that a reload can do.
PipelineSpec reloads(const std::string& word, std::int64_t version, const std::string& on_reload = "",
                     const std::string& validate = "") {
  PipelineSpec spec = pipeline("p",
                               R"sh(trap 'eval "$(sed -n "s/^# reload: //p" "$config")"' HUP; echo )sh" + word +
                                   "; while :; do sleep 0.02; done",
                               version);
  spec.config_yaml = "# reload: " + on_reload + "\n# validate: " + validate + "\n" + spec.config_yaml;
  spec.checksum = "checksum of " + spec.config_yaml;
  spec.secrets = {{"PASSWORD", "hunter2-hunter2"}};
  return spec;
}

const std::string has_reloaded =
    R"(echo '2026-01-01T00:00:00.000000Z  INFO vector: Vector has reloaded. path=[File("a.yaml", None)]' >&2)";

/// "commands" with the right of being counted: each run adds a line to the file.
std::string counted(const std::string& file, const std::string& commands) {
  return "echo run >> " + file + "; " + commands;
}

std::size_t runs(const std::string& file) {
  std::ifstream stream(file);
  std::size_t lines = 0;
  for (std::string line; std::getline(stream, line);) ++lines;
  return lines;
}

std::string content(const std::string& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Runs version 1 until it is what is gone back to.
void make_good(SupervisorBench& bench, const PipelineSpec& spec) {
  bench.want({spec});
  REQUIRE(bench.loop.until([&] {
    const auto memory = bench.keeper().memory("p");
    return memory && memory->good && memory->good->version == spec.version;
  }));
}

std::size_t times(const SupervisorBench& bench, const std::string& line) {
  const auto lines = bench.lines.find("p");
  return lines == bench.lines.end() ? 0U : static_cast<std::size_t>(std::ranges::count(lines->second, line));
}

}  // namespace

TEST_CASE("a version that crashes three times before it was good goes back to the last good one") {
  SupervisorBench bench;
  bench.settings.limits.restart.healthy_for = 500ms;
  make_good(bench, pipeline("p", says("one")));
  bench.want({pipeline("p", "echo two; exit 7", 2)});
  REQUIRE(bench.loop.until([&] { return times(bench, "one") == 2; }));
  REQUIRE(bench.until_running("p"));
  const PipelineStatus now = bench.status("p");
  CHECK(times(bench, "two") == 3);
  CHECK(now.version == 1);
  CHECK(now.sync == Sync::rolled_back);
  CHECK(now.refused_version == 2);
  CHECK(now.refusal.find("it ended 3 times") != std::string::npos);
  CHECK(now.refusal.find("exit code 7") != std::string::npos);
  CHECK(bench.notes_with("going back to version 1", NoteLevel::warning).size() == 1);
  CHECK(bench.notes_with("version 2 is refused and held", NoteLevel::error).size() == 1);
  CHECK(content(bench.data("pipelines/p.yaml")).find("echo one") != std::string::npos);

  SECTION("and is held, however often it is asked for") {
    for (int i = 0; i < 5; ++i) bench.want({pipeline("p", "echo two; exit 7", 2)});
    bench.loop.run_for(50ms);
    CHECK(times(bench, "two") == 3);
    CHECK(bench.status("p").pid == now.pid);
  }
  SECTION("and the next version is tried") {
    bench.want({pipeline("p", says("three"), 3)});
    REQUIRE(bench.until_said("p", "three"));
    REQUIRE(bench.until_running("p"));
    CHECK(bench.status("p").version == 3);
    CHECK(bench.status("p").sync == Sync::applied);
    CHECK(bench.status("p").refusal.empty());
  }
  SECTION("and the deaths say what happened then") {
    REQUIRE(bench.deaths.size() == 3);
    for (const Death& death : bench.deaths) CHECK(death.version == 2);
    CHECK(bench.deaths[0].next.find("attempt 2 in") != std::string::npos);
    CHECK(bench.deaths[1].next.find("attempt 3 in") != std::string::npos);
    CHECK(bench.deaths[2].next == "starting version 1 now");
  }
}

TEST_CASE("exit 78 goes back to the last good one at once") {
  SupervisorBench bench;
  bench.settings.limits.restart.healthy_for = 500ms;
  make_good(bench, pipeline("p", says("one")));
  bench.want({pipeline("p", "echo two; exit 78", 2)});
  REQUIRE(bench.loop.until([&] { return times(bench, "one") == 2; }));
  REQUIRE(bench.until_running("p"));
  CHECK(times(bench, "two") == 1);
  CHECK(bench.status("p").sync == Sync::rolled_back);
  CHECK(bench.status("p").refusal.find("exit code 78") != std::string::npos);
  REQUIRE(bench.deaths.size() == 1);
  CHECK(bench.deaths[0].next == "starting version 1 now");
}

TEST_CASE("crashes of the good version itself go back to nothing: it is tried for ever") {
  SupervisorBench bench;
  bench.settings.limits.restart.healthy_for = 300ms;
  const std::string marker = bench.folder / "fall";
  make_good(bench, pipeline("p", "echo up; while ! test -e " + marker + "; do sleep 0.02; done; exit 78"));
  put(marker, "", 0600);
  REQUIRE(bench.loop.until([&] { return times(bench, "up") >= 6; }));
  CHECK(bench.status("p").refusal.empty());
  CHECK(bench.notes_with("refused").empty());
}

TEST_CASE("with no last good version the newest is tried for ever") {
  SupervisorBench bench;
  bench.want({pipeline("p", says("one"))});
  REQUIRE(bench.until_running("p"));
  bench.want({pipeline("p", "echo two; exit 7", 2)});
  REQUIRE(bench.loop.until([&] { return times(bench, "two") >= 6; }));
  CHECK(times(bench, "one") == 1);
  CHECK(bench.status("p").refusal.empty());
  CHECK(bench.notes_with("going back").empty());
}

TEST_CASE("a reload keeps the process, and tells of the new version") {
  SupervisorBench bench;
  bench.want({reloads("one", 1)});
  REQUIRE(bench.until_said("p", "one"));
  REQUIRE(bench.until_running("p"));
  const PipelineStatus before = bench.status("p");
  bench.want({reloads("two", 2, has_reloaded)});
  REQUIRE(bench.loop.until([&] { return bench.status("p").version == 2; }));
  const PipelineStatus now = bench.status("p");
  CHECK(now.pid == before.pid);
  CHECK(now.restarts == 0);
  CHECK(now.sync == Sync::applied);
  CHECK(now.state == ProcessState::running);
  CHECK(times(bench, "two") == 0);
  CHECK(bench.notes_with("reloaded: version 2 runs, in the same process").size() == 1);
  CHECK(bench.deaths.empty());
  REQUIRE(::kill(*now.pid, SIGKILL) == 0);  // what is started then is the new one
  REQUIRE(bench.until_said("p", "two"));
}

TEST_CASE("an end in a reload brings the old version back at once, without a wait") {
  const bool said_so = GENERATE(false, true);
  SupervisorBench bench;
  bench.settings.limits.restart.first = bench.settings.limits.restart.longest = std::chrono::hours(1);
  bench.settings.rollout.prove_after = std::chrono::minutes(1);
  bench.want({reloads("one", 1)});
  REQUIRE(bench.until_said("p", "one"));
  REQUIRE(bench.until_running("p"));
  const PipelineStatus before = bench.status("p");
  bench.want({reloads("two", 2, (said_so ? has_reloaded + "; " : "") + "exit 0")});
  REQUIRE(bench.loop.until([&] { return times(bench, "one") == 2; }));
  REQUIRE(bench.until_running("p"));
  const PipelineStatus now = bench.status("p");
  CHECK(now.pid != before.pid);
  CHECK(now.version == 1);
  CHECK(now.sync == Sync::refused);
  CHECK(now.refused_version == 2);
  CHECK(now.refusal.find("ended with exit code 0") != std::string::npos);
  CHECK(times(bench, "two") == 0);
  REQUIRE(bench.deaths.size() == 1);
  CHECK(bench.deaths[0].next == "starting version 1 now");
  CHECK(content(bench.data("pipelines/p.yaml")).find("echo one") != std::string::npos);
}

TEST_CASE("a reload that leaves Vector without health for too long brings the old version back") {
  SupervisorBench bench;
  bench.settings.rollout.reload_verdict = 200ms;
  bench.settings.rollout.probe_again = 10ms;
  bench.want({reloads("one", 1)});
  REQUIRE(bench.until_said("p", "one"));
  REQUIRE(bench.until_running("p"));
  bench.healthy = false;
  bench.want({reloads("two", 2, has_reloaded)});
  REQUIRE(bench.until_noted("version 2 is refused and held"));
  bench.healthy = true;
  REQUIRE(bench.loop.until([&] { return times(bench, "one") == 2; }));
  REQUIRE(bench.until_running("p"));
  CHECK(bench.status("p").version == 1);
  CHECK(bench.status("p").refusal.find("GET /health") != std::string::npos);
}

TEST_CASE("no word of a reload in time is one restart with the new version") {
  SupervisorBench bench;
  bench.settings.rollout.reload_verdict = 100ms;
  bench.want({reloads("one", 1)});
  REQUIRE(bench.until_said("p", "one"));
  REQUIRE(bench.until_running("p"));
  bench.want({reloads("two", 2, "true")});
  REQUIRE(bench.until_said("p", "two"));
  REQUIRE(bench.until_running("p"));
  CHECK(bench.status("p").version == 2);
  CHECK(bench.status("p").restarts == 1);
  CHECK(bench.status("p").sync == Sync::applied);
  CHECK(bench.notes_with("has not said within 0.1 s", NoteLevel::warning).size() == 1);
  CHECK(bench.deaths.empty());  // it was told to end
}

TEST_CASE("what validate refuses touches nothing, and is judged once") {
  SupervisorBench bench;
  const std::string checks = bench.folder / "checks";
  bench.want({reloads("one", 1)});
  REQUIRE(bench.until_said("p", "one"));
  REQUIRE(bench.until_running("p"));
  const PipelineStatus before = bench.status("p");
  const std::string file = content(bench.data("pipelines/p.yaml"));
  const PipelineSpec bad =
      reloads("two", 2, "", counted(checks, "echo 'x unknown field nonsense, hunter2-hunter2'; exit 78"));
  bench.want({bad});
  REQUIRE(bench.until_noted("version 2 is refused and held until it changes; what ran before runs on"));
  for (int i = 0; i < 5; ++i) bench.want({bad});
  bench.loop.run_for(50ms);
  const PipelineStatus now = bench.status("p");
  CHECK(now.pid == before.pid);
  CHECK(now.version == 1);
  CHECK(now.checksum == before.checksum);
  CHECK(now.state == ProcessState::running);
  CHECK(now.sync == Sync::refused);
  CHECK(now.refused_version == 2);
  CHECK(now.refusal.find("unknown field nonsense") != std::string::npos);
  CHECK(now.refusal.find("hunter2") == std::string::npos);
  CHECK(bench.notes_with("hunter2").empty());
  CHECK(runs(checks) == 1);
  CHECK(content(bench.data("pipelines/p.yaml")) == file);

  SECTION("until another Vector is there") {
    bench.keeper().on_binary_changed();
    REQUIRE(bench.loop.until([&] { return runs(checks) == 2; }));
    REQUIRE(bench.loop.until([&] { return bench.status("p").sync == Sync::refused; }));
    CHECK(bench.status("p").pid == before.pid);
  }
  SECTION("and going back to what runs needs nothing") {
    bench.want({reloads("one", 3)});
    REQUIRE(bench.loop.until([&] { return bench.status("p").version == 3; }));
    CHECK(bench.status("p").pid == before.pid);
    CHECK(bench.status("p").sync == Sync::applied);
  }
}

TEST_CASE("a check without a verdict leaves what runs alone and is tried again") {
  SupervisorBench bench;
  const std::string checks = bench.folder / "checks", good = bench.folder / "good";
  bench.want({reloads("one", 1)});
  REQUIRE(bench.until_said("p", "one"));
  REQUIRE(bench.until_running("p"));
  const PipelineStatus before = bench.status("p");
  bench.want({reloads("two", 2, has_reloaded, counted(checks, "test -e " + good + " || kill -9 $$"))});
  REQUIRE(bench.loop.until([&] { return runs(checks) >= 3; }));
  CHECK(bench.status("p").pid == before.pid);
  CHECK(bench.status("p").version == 1);
  CHECK(bench.status("p").sync == Sync::applying);
  CHECK(bench.notes_with("version 2 could not be checked", NoteLevel::warning).size() == 1);  // once, not each time
  put(good, "", 0600);
  REQUIRE(bench.loop.until([&] { return bench.status("p").version == 2; }));
  CHECK(bench.status("p").pid == before.pid);
}

TEST_CASE("a check without a verdict is no reason not to start where nothing runs") {
  SupervisorBench bench;
  bench.want({reloads("one", 1, "", "kill -9 $$")});
  REQUIRE(bench.until_said("p", "one"));
  REQUIRE(bench.until_running("p"));
  CHECK(bench.status("p").sync == Sync::applied);
}

TEST_CASE("a death is told with how it ended, how long it ran, its last error and what is next") {
  SupervisorBench bench;
  const std::string error = "echo '2026-01-01T00:00:00.000000Z ERROR vector::sinks: Boom. code=5' >&2; ";
  bench.want(
      {pipeline("p", error + "echo '2026-01-01T00:00:01.000000Z  INFO vector: Bye.' >&2; sleep 0.1; exit 7", 4)});
  REQUIRE(bench.loop.until([&] { return bench.deaths.size() == 2; }));
  const Death& death = bench.deaths[0];
  CHECK(death.id == "p");
  CHECK(death.name == "name of p");
  CHECK(death.version == 4);
  CHECK(death.status.code == 7);
  CHECK(death.how == "exit code 7");
  CHECK(death.uptime >= 100ms);
  CHECK(death.uptime < 60s);
  CHECK(death.last_error.find("Boom.") != std::string::npos);
  CHECK(death.next.find("attempt 2 in") != std::string::npos);
  const auto notes = bench.notes_with("Boom.", NoteLevel::warning);
  REQUIRE_FALSE(notes.empty());
  CHECK(notes[0].find("Vector ended with exit code 7") != std::string::npos);
  CHECK(notes[0].find("attempt 2 in") != std::string::npos);
}

TEST_CASE("where it said no error a death is told with its last line, and a signal by its name") {
  SupervisorBench bench;
  bench.want({pipeline("p", "echo 'last line' >&2; kill -SEGV $$")});
  REQUIRE(bench.loop.until([&] { return !bench.deaths.empty(); }));
  CHECK(bench.deaths[0].last_error == "last line");
  CHECK(bench.deaths[0].status.signal == SIGSEGV);
  CHECK(bench.deaths[0].how.find("Segmentation") != std::string::npos);
}

TEST_CASE("last words tell no secret") {
  SupervisorBench bench;
  PipelineSpec spec =
      pipeline("p", "echo '2026-01-01T00:00:00.000000Z ERROR vector: key hunter2-hunter2 is bad' >&2; exit 7");
  spec.secrets = {{"PASSWORD", "hunter2-hunter2"}};
  bench.want({spec});
  REQUIRE(bench.loop.until([&] { return !bench.deaths.empty(); }));
  CHECK(bench.deaths[0].last_error.find("is bad") != std::string::npos);
  CHECK(bench.deaths[0].last_error.find("hunter2") == std::string::npos);
  CHECK(bench.notes_with("hunter2").empty());
}

TEST_CASE("a stop that was asked for is no death") {
  SupervisorBench bench;
  bench.want({pipeline("p")});
  REQUIRE(bench.until_running("p"));
  bench.want({});
  REQUIRE(bench.until_gone("p"));
  CHECK(bench.deaths.empty());
}

TEST_CASE("what is taken back while it is being checked is not run") {
  SupervisorBench bench;
  const std::string checks = bench.folder / "checks";
  bench.want({reloads("one", 1)});
  REQUIRE(bench.until_said("p", "one"));
  REQUIRE(bench.until_running("p"));
  const PipelineStatus before = bench.status("p");
  bench.want({reloads("two", 2, "exit 1", counted(checks, "sleep 0.2"))});
  REQUIRE(bench.loop.until([&] { return runs(checks) == 1; }));
  bench.want({reloads("one", 3)});
  REQUIRE(bench.loop.until([&] { return bench.status("p").version == 3; }));
  bench.loop.run_for(300ms);
  CHECK(bench.status("p").pid == before.pid);
  CHECK(bench.status("p").sync == Sync::applied);
  CHECK(bench.deaths.empty());
}
