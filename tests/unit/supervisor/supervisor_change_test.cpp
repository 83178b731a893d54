#include <signal.h>

#include "supervisor_bench.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;
using namespace std::chrono_literals;

namespace {

using Names = std::set<std::string>;
using Strings = std::vector<std::string>;

const std::string deaf = "trap '' TERM; echo deaf; exec sleep 1000";

/// A shell script that says what its configuration holds and stays.
std::string says(const std::string& word) {
  return "echo " + word + "; exec sleep 1000";
}

PipelineSpec with_certs(PipelineSpec spec, std::vector<CertFile> certs) {
  spec.certs = std::move(certs);
  return spec;
}

}  // namespace

TEST_CASE("a change replaces the process: SIGTERM, its end, the new one on the same ports") {
  SupervisorBench bench;
  bench.want({pipeline("p", says("one"))});
  REQUIRE(bench.until_running("p"));
  const PipelineStatus before = bench.status("p");
  bench.want({pipeline("p", says("two"), 2)});
  REQUIRE(bench.until_state("p", ProcessState::stopping));
  CHECK(bench.status("p").version == 1);  // of the process there is
  CHECK(bench.status("p").checksum == before.checksum);
  REQUIRE(bench.until_said("p", "two"));
  REQUIRE(bench.until_running("p"));
  const PipelineStatus after = bench.status("p");
  CHECK_FALSE(is_alive(*before.pid));
  CHECK(after.version == 2);
  CHECK(after.checksum == pipeline("p", says("two")).checksum);
  CHECK(after.ports == before.ports);
  CHECK(after.restarts == 1);
  CHECK(after.problem.empty());
  CHECK(bench.notes_with("version 2 is wanted now").size() == 1);
  CHECK(bench.notes_with("stopped: signal 15 (Terminated)").size() == 1);
  CHECK(bench.notes_with("", NoteLevel::warning).empty());
  CHECK(std::ranges::count(bench.record, "open p") == 1);  // one sink over all its processes
}

TEST_CASE("what is wanted as it runs is left alone, however often it is said") {
  SupervisorBench bench;
  bench.want({pipeline("p")});
  REQUIRE(bench.until_running("p"));
  const auto recorded = bench.record.size();
  const pid_t pid = *bench.status("p").pid;
  for (int i = 0; i < 5; ++i) bench.want({pipeline("p")});
  bench.loop.run_for(20ms);
  CHECK(bench.status("p").pid == pid);
  CHECK(bench.record.size() == recorded);
}

TEST_CASE("another version or name of the same content is told without a restart") {
  SupervisorBench bench;
  bench.want({pipeline("p")});
  REQUIRE(bench.until_running("p"));
  const PipelineStatus before = bench.status("p");
  const auto recorded = bench.record.size();
  PipelineSpec spec = pipeline("p");
  spec.version = 7;
  spec.name = "new name";
  bench.want({spec});
  const PipelineStatus after = bench.status("p");
  CHECK(after.version == 7);
  CHECK(after.name == "new name");
  CHECK(after.pid == before.pid);
  CHECK(after.generation == before.generation);
  CHECK(bench.record.size() == recorded + 1);
  CHECK(bench.record.back() == "p is running");
}

TEST_CASE("a label that comes while the process is being replaced is the new one's") {
  SupervisorBench bench;
  bench.want({pipeline("p", deaf, 5)});
  REQUIRE(bench.until_said("p", "deaf"));
  REQUIRE(bench.until_running("p"));
  bench.want({pipeline("p", says("two"), 5)});  // another content under the same version
  bench.want({pipeline("p", says("two"), 6)});
  REQUIRE(bench.until_state("p", ProcessState::stopping));
  CHECK(bench.status("p").version == 5);
  REQUIRE(::kill(*bench.status("p").pid, SIGKILL) == 0);
  REQUIRE(bench.until_running("p"));
  CHECK(bench.status("p").version == 6);
}

TEST_CASE("of many changes the newest is started and none in between") {
  SupervisorBench bench;
  bench.settings.limits.restart = {3600s, 3600s, 60s, 3};  // so that the new wish alone starts it again
  bench.want({pipeline("p", deaf)});
  REQUIRE(bench.until_said("p", "deaf"));
  REQUIRE(bench.until_running("p"));
  for (int i = 2; i <= 50; ++i) bench.want({pipeline("p", says("v" + std::to_string(i)), i)});
  REQUIRE(::kill(*bench.status("p").pid, SIGKILL) == 0);
  REQUIRE(bench.until_said("p", "v50"));
  CHECK(bench.lines["p"] == Strings{"deaf", "v50"});
  CHECK(bench.status("p").version == 50);
}

TEST_CASE("a change while files are being written starts the newest alone") {
  SupervisorBench bench;
  bench.worker.hold();
  bench.want({pipeline("p", says("one"))});
  bench.want({pipeline("p", says("two"), 2)});
  bench.loop.run_for(10ms);
  CHECK(bench.state("p") == ProcessState::waiting);
  bench.worker.release();
  REQUIRE(bench.until_said("p", "two"));
  CHECK(bench.lines["p"] == Strings{"two"});
  CHECK(bench.status("p").version == 2);
}

TEST_CASE("a pipeline that comes back while files of its former life are being written waits for its own") {
  SupervisorBench bench;
  bench.want({});  // the sweep is over
  bench.loop.run_for(5ms);
  bench.worker.hold();
  bench.want({pipeline("p", says("one"))});
  bench.want({});
  CHECK_FALSE(bench.keeper().status("p"));
  bench.want({pipeline("p", says("two"), 2)});
  bench.worker.do_one();  // the former life's files are written, and nobody is waiting for them
  bench.loop.run_for(20ms);
  CHECK(bench.state("p") == ProcessState::waiting);
  CHECK(bench.lines["p"].empty());
  bench.worker.release();
  REQUIRE(bench.until_said("p", "two"));
  CHECK(bench.lines["p"] == Strings{"two"});
  CHECK(std::ranges::count(bench.record, "gone p") == 1);
  CHECK(std::ranges::count(bench.record, "open p") == 2);
  CHECK(names_in(bench.data("pipelines")) == Names{"p.yaml", "p.yaml.vf-metrics.yaml"});
}

TEST_CASE("generations go on above those of a former life") {
  SupervisorBench bench;
  bench.want({pipeline("p")});
  REQUIRE(bench.until_running("p"));
  const std::uint64_t before = bench.status("p").generation;
  bench.want({});
  REQUIRE(bench.until_gone("p"));
  bench.want({pipeline("p")});
  REQUIRE(bench.until_running("p"));
  CHECK(bench.status("p").generation > before);
}

TEST_CASE("a pipeline wanted again while it is being stopped keeps its log and comes back") {
  SupervisorBench bench;
  bench.want({pipeline("p", deaf)});
  REQUIRE(bench.until_said("p", "deaf"));
  REQUIRE(bench.until_running("p"));
  const PipelineStatus before = bench.status("p");
  bench.want({});
  CHECK(bench.state("p") == ProcessState::stopping);
  bench.want({pipeline("p", says("back"), 2)});
  CHECK(bench.state("p") == ProcessState::stopping);
  REQUIRE(::kill(*before.pid, SIGKILL) == 0);
  REQUIRE(bench.until_said("p", "back"));
  REQUIRE(bench.until_running("p"));
  CHECK(bench.status("p").version == 2);
  CHECK(bench.status("p").ports == before.ports);
  CHECK(std::ranges::count(bench.record, "open p") == 1);
  CHECK(std::ranges::count(bench.record, "gone p") == 0);
}

TEST_CASE("wanted again unchanged while it is being stopped, it is started anew") {
  SupervisorBench bench;
  bench.want({pipeline("p", deaf)});
  REQUIRE(bench.until_said("p", "deaf"));
  REQUIRE(bench.until_running("p"));
  bench.want({});
  bench.want({pipeline("p", deaf)});
  REQUIRE(::kill(*bench.status("p").pid, SIGKILL) == 0);
  REQUIRE(
      bench.loop.until([&] { return bench.status("p").restarts == 1 && bench.state("p") == ProcessState::running; }));
}

TEST_CASE("wanted and not wanted by turns, the last word counts") {
  SupervisorBench bench;
  for (int i = 0; i < 10; ++i) {
    bench.want({pipeline("p", says("v" + std::to_string(i)), i)});
    bench.loop.run_for(std::chrono::milliseconds(i % 4));
    if (i % 2 == 0) bench.want({});
    bench.loop.run_for(std::chrono::milliseconds(i % 3));
  }
  REQUIRE(bench.until_said("p", "v9"));
  REQUIRE(bench.until_running("p"));
  CHECK(bench.status("p").version == 9);
  CHECK(bench.keeper().statuses().size() == 1);
  bench.want({});
  REQUIRE(bench.until_gone("p"));
  CHECK(bench.loop.until([&] { return names_in(bench.data("pipelines")).empty(); }));
  CHECK(bench.loop.until([&] { return names_in(bench.data("logs")).empty(); }));
}

TEST_CASE("a restart that was asked for replaces the process and nothing else") {
  SupervisorBench bench;
  bench.want({pipeline("p"), pipeline("q")});
  REQUIRE(bench.until_running("p"));
  REQUIRE(bench.until_running("q"));
  const PipelineStatus before = bench.status("p");
  const pid_t other = *bench.status("q").pid;
  CHECK(bench.keeper().restart("p"));
  REQUIRE(
      bench.loop.until([&] { return bench.status("p").restarts == 1 && bench.state("p") == ProcessState::running; }));
  CHECK(bench.status("p").pid != before.pid);
  CHECK(bench.status("p").version == before.version);
  CHECK(bench.status("p").ports == before.ports);
  CHECK(bench.status("q").pid == other);
  CHECK(bench.notes_with("restart was asked for").size() == 1);
  CHECK_FALSE(bench.keeper().restart("unknown"));
  bench.want({pipeline("q")});
  CHECK_FALSE(bench.keeper().restart("p"));  // it is not wanted any more
}

TEST_CASE("what could not be understood runs on as it is") {
  SupervisorBench bench;
  bench.want({pipeline("a"), pipeline("b"), pipeline("c")});
  for (const char* id : {"a", "b", "c"}) REQUIRE(bench.until_running(id));
  const pid_t a = *bench.status("a").pid;
  const pid_t b = *bench.status("b").pid;
  bench.keeper().apply({{pipeline("b")}, {"a", "never seen"}, false});
  REQUIRE(bench.until_gone("c"));
  CHECK(bench.status("a").pid == a);
  CHECK(bench.status("b").pid == b);
  CHECK(bench.keeper().statuses().size() == 2);
  CHECK(names_in(bench.data("pipelines")).contains("a.yaml"));
  bench.keeper().apply({{pipeline("d")}, {}, true});  // too broken to say whose it was
  REQUIRE(bench.until_running("d"));
  CHECK(bench.status("a").pid == a);
  CHECK(bench.status("b").pid == b);
}

TEST_CASE("a pipeline that is kept is started again when it falls") {
  SupervisorBench bench;
  bench.want({pipeline("p")});
  REQUIRE(bench.until_running("p"));
  bench.keeper().apply({{}, {"p"}, false});
  REQUIRE(::kill(*bench.status("p").pid, SIGKILL) == 0);
  CHECK(bench.loop.until([&] { return bench.status("p").restarts == 1 && bench.state("p") == ProcessState::running; }));
}

TEST_CASE("certificates come with their pipeline and go with the last one that names them") {
  SupervisorBench bench;
  const PipelineSpec p = with_certs(pipeline("p"), {{"p.pem", "of p"}, {"shared.pem", "of both"}});
  const PipelineSpec q = with_certs(pipeline("q"), {{"q.pem", "of q"}, {"shared.pem", "of both"}});
  bench.want({p, q});
  REQUIRE(bench.until_running("p"));
  REQUIRE(bench.until_running("q"));
  CHECK(names_in(bench.data("certs")) == Names{"p.pem", "q.pem", "shared.pem"});
  CHECK(content_of(bench.data("certs/p.pem")) == "of p");
  CHECK(mode_of(bench.data("certs/p.pem")) == 0600);
  bench.want({q});
  REQUIRE(bench.until_gone("p"));
  CHECK(bench.loop.until([&] { return names_in(bench.data("certs")) == Names{"q.pem", "shared.pem"}; }));
  bench.want({});
  REQUIRE(bench.until_gone("q"));
  CHECK(bench.loop.until([&] { return names_in(bench.data("certs")).empty(); }));
}

TEST_CASE("a certificate that a change does not name any more is removed when its process is") {
  SupervisorBench bench;
  const PipelineSpec q = with_certs(pipeline("q"), {{"shared.pem", "of both"}});
  bench.want(
      {with_certs(pipeline("p", deaf), {{"old.pem", "key"}, {"kept.pem", "one"}, {"shared.pem", "of both"}}), q});
  REQUIRE(bench.until_said("p", "deaf"));
  REQUIRE(bench.until_running("p"));
  REQUIRE(bench.until_running("q"));
  bench.want({with_certs(pipeline("p", says("new"), 2), {{"kept.pem", "two"}, {"new.pem", "key"}}), q});
  REQUIRE(bench.until_state("p", ProcessState::stopping));
  // The old process has them still; the new ones are there since they were checked.
  CHECK(names_in(bench.data("certs")) == Names{"kept.pem", "new.pem", "old.pem", "shared.pem"});
  REQUIRE(::kill(*bench.status("p").pid, SIGKILL) == 0);
  REQUIRE(bench.until_said("p", "new"));
  REQUIRE(bench.until_running("p"));
  CHECK(bench.loop.until([&] { return names_in(bench.data("certs")) == Names{"kept.pem", "new.pem", "shared.pem"}; }));
  CHECK(content_of(bench.data("certs/kept.pem")) == "two");
}

TEST_CASE("what an earlier run left is removed as soon as it is known what is wanted") {
  SupervisorBench bench;
  std::filesystem::create_directories(bench.data("pipelines"));
  std::filesystem::create_directories(bench.data("logs"));
  std::filesystem::create_directories(bench.data("certs"));
  for (const char* file : {"pipelines/old.yaml", "pipelines/p.yaml", "pipelines/kept.yaml", "logs/old.stderr",
                           "certs/old.pem", "certs/p.pem"})
    put(bench.data(file), "x");
  // Not while something is wanted that nobody could read the name of.
  bench.keeper().apply({{with_certs(pipeline("p"), {{"p.pem", "x"}})}, {"kept"}, true});
  REQUIRE(bench.until_running("p"));
  CHECK(is_there(bench.data("pipelines/old.yaml")));
  bench.keeper().apply({{with_certs(pipeline("p"), {{"p.pem", "x"}})}, {"kept"}, false});
  CHECK(bench.loop.until([&] { return !is_there(bench.data("certs/old.pem")); }));
  CHECK(names_in(bench.data("pipelines")) == Names{"kept.yaml", "p.yaml", "p.yaml.vf-metrics.yaml"});
  CHECK(names_in(bench.data("logs")) == Names{"p.stderr", "p.stdout"});
  CHECK(names_in(bench.data("certs")) == Names{"p.pem"});
}

TEST_CASE("the first wish sweeps nothing that is being stopped since") {
  SupervisorBench bench;
  bench.keeper().apply({{pipeline("slow", deaf)}, {}, true});
  REQUIRE(bench.until_said("slow", "deaf"));
  REQUIRE(bench.until_running("slow"));
  bench.want({});
  bench.loop.run_for(20ms);
  CHECK(is_there(bench.data("logs/slow.stderr")));
  CHECK(bench.state("slow") == ProcessState::stopping);
}

TEST_CASE("ids of any kind are pipelines like others") {
  SupervisorBench bench;
  const Strings ids = {"../../escape", ".", "", "a b", "ü/ö", std::string(300, 'x'), "x.yaml.vf-metrics", "x"};
  std::vector<PipelineSpec> pipelines;
  for (const std::string& id : ids) pipelines.push_back(pipeline(id, "echo here; exec sleep 1000"));
  bench.want(pipelines);
  for (const std::string& id : ids) {
    REQUIRE(bench.until_running(id));
    REQUIRE(bench.until_said(id, "here"));
  }
  CHECK(names_in(bench.folder.path()) == Names{"data", "vector"});
  CHECK(names_in(bench.settings.data_dir) == Names{"logs", "pipelines", "staged"});
  CHECK(names_in(bench.data("pipelines")).size() == 2 * ids.size());
  bench.want({});
  for (const std::string& id : ids) REQUIRE(bench.until_gone(id));
  CHECK(bench.loop.until([&] { return names_in(bench.data("pipelines")).empty(); }));
}
