// What an earlier agent left running is taken over: known again beyond doubt, watched, and never doubled.
#include <signal.h>

#include "supervisor/process/known_process.h"
#include "supervisor_bench.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;
using namespace std::chrono_literals;

namespace {

/// A process of an earlier agent's: started with these arguments, and nobody watches it.
class Orphan {
 public:
  Orphan(TestLoop& loop, const std::string& script, const std::vector<std::string>& arguments, int output = -1) {
    Command command{"/bin/sh", {"-c", script, "vector"}, {{"PATH", "/usr/bin:/bin"}}, output, output, -1};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    auto child = Child::start(loop.context(), command, [](ExitStatus) {});
    REQUIRE(child);
    pid_ = child.value()->pid();
    REQUIRE(identify(pid_, record));
    // Its start is over for us a moment before the kernel shows its arguments.
    REQUIRE(loop.until([&] { return !content_of("/proc/" + std::to_string(pid_) + "/cmdline").empty(); }));
  }
  Orphan(const Orphan&) = delete;
  Orphan& operator=(const Orphan&) = delete;
  ~Orphan() { ::kill(-pid_, SIGKILL); }
  [[nodiscard]] pid_t pid() const { return pid_; }

  ProcessRecord record;

 private:
  pid_t pid_ = 0;
};

const char* const stays = "while :; do sleep 1000; done";

struct Host {
  SupervisorBench bench;
  PipelineFiles files = files_of(bench.settings.data_dir, "p");

  Orphan orphan(const std::string& script = stays) {
    std::filesystem::create_directories(bench.data("logs"));
    std::filesystem::create_directories(bench.data("pipelines"));
    return Orphan(bench.loop, script, {"--config", files.config, "--config", files.sidecar});
  }
  Remembered remember(const Orphan& orphan, const PipelineSpec& spec) {
    Memory memory;
    memory.wanted = spec;
    memory.starts = 3;
    memory.process = orphan.record;
    memory.process->ports = {14500, 14501};
    memory.process->version = spec.version;
    memory.process->checksum = spec.checksum;
    memory.process->healthy = true;
    auto pidfd = open_known(*memory.process, files.config);
    REQUIRE(pidfd);
    return {std::move(memory), Survivor{orphan.pid(), std::move(pidfd).value()}};
  }
  void restore(Remembered one) {
    std::vector<Remembered> all;
    all.push_back(std::move(one));
    bench.keeper().restore(std::move(all), {});
  }
};

}  // namespace

TEST_CASE("a process is known again by its start, its boot, its program and its configuration, and by all of them") {
  TestLoop loop;
  const Orphan orphan(loop, stays, {"--config", "/x/a.yaml"});
  CHECK(open_known(orphan.record, "/x/a.yaml"));
  CHECK_FALSE(open_known(orphan.record, "/x/a.yam"));
  CHECK_FALSE(open_known(orphan.record, "/x/b.yaml"));
  ProcessRecord other = orphan.record;
  ++other.start_ticks;
  CHECK(open_known(other, "/x/a.yaml").error().reason == "it is another process by now");
  other = orphan.record;
  other.boot_id = "another";
  CHECK(open_known(other, "/x/a.yaml").error().reason == "the host was booted since");
  other = orphan.record;
  other.executable = "/usr/bin/vector";
  CHECK_FALSE(open_known(other, "/x/a.yaml"));
  other = orphan.record;
  other.pid = ::getpid();
  CHECK_FALSE(open_known(other, "/x/a.yaml"));
}

TEST_CASE("how old a process is depends on the boot's clock alone") {
  TestLoop loop;
  const Orphan orphan(loop, stays, {"--config", "/x/a.yaml"});
  CHECK(age_of(orphan.record) < 60s);
  ProcessRecord first = orphan.record;
  first.start_ticks = 0;
  CHECK(age_of(first) > age_of(orphan.record));
  first.start_ticks = orphan.record.start_ticks + 1'000'000;  // no process is from the future
  CHECK(age_of(first) == 0ms);
}

TEST_CASE("a process that was taken over is signalled, and its end is noticed") {
  TestLoop loop;
  const TempFolder folder;
  const std::string is_set = folder / "set";
  const Orphan orphan(loop, "trap 'exit 7' TERM; : > " + is_set + "; while :; do sleep 0.01; done", {});
  std::optional<ExitStatus> ended;
  const auto child =
      Child::adopt(loop.context(), orphan.pid(), open_pidfd(orphan.pid()), [&](ExitStatus status) { ended = status; });
  CHECK(is_own_child(orphan.pid()));
  REQUIRE(loop.until([&] { return std::filesystem::exists(is_set); }));
  child->signal(SIGTERM);
  REQUIRE(loop.until([&] { return ended.has_value(); }));
  CHECK(*ended == ExitStatus{7, 0, true});
  CHECK_FALSE(is_own_child(orphan.pid()));
  child->kill_group();  // harms nobody
}

TEST_CASE("what runs as wanted is taken over: same process, same ports, no restart") {
  Host host;
  const Orphan orphan = host.orphan();
  host.restore(host.remember(orphan, pipeline("p")));
  REQUIRE(host.bench.until_running("p"));
  host.bench.want({pipeline("p")});
  host.bench.loop.run_for(20ms);
  const PipelineStatus status = host.bench.status("p");
  CHECK(status.pid == orphan.pid());
  CHECK(status.ports == PortPair{14500, 14501});
  CHECK(status.state == ProcessState::running);
  CHECK(status.sync == Sync::applied);
  CHECK(status.restarts == 2);
  CHECK(host.bench.notes_with("taken over").size() == 1);
}

TEST_CASE("the end of a process that was taken over is a failure like any other") {
  Host host;
  const Orphan orphan = host.orphan();
  host.restore(host.remember(orphan, pipeline("p")));
  REQUIRE(host.bench.until_running("p"));
  ::kill(orphan.pid(), SIGKILL);
  REQUIRE(host.bench.loop.until([&] { return host.bench.deaths.size() == 1; }));
  CHECK(host.bench.deaths[0].version == 1);
  REQUIRE(host.bench.until_running("p"));
  CHECK(host.bench.status("p").pid != orphan.pid());
  CHECK(host.bench.status("p").ports == PortPair{14500, 14501});
}

TEST_CASE("what is not wanted any more is stopped, and what is wanted otherwise is replaced after its end") {
  Host host;
  const Orphan orphan = host.orphan();
  host.restore(host.remember(orphan, pipeline("p")));
  SECTION("not wanted") {
    host.bench.want({});
    REQUIRE(host.bench.until_gone("p"));
    CHECK_FALSE(is_alive(orphan.pid()));
  }
  SECTION("otherwise") {
    host.bench.want({pipeline("p", "echo new; exec sleep 1000", 2)});
    REQUIRE(host.bench.until_said("p", "new"));
    CHECK_FALSE(is_alive(orphan.pid()));
    CHECK(host.bench.status("p").version == 2);
  }
}

TEST_CASE("a process of which only an older configuration is known runs on until the new one is good") {
  Host host;
  const Orphan orphan = host.orphan();
  Remembered left = host.remember(orphan, pipeline("p", "echo new; exec sleep 1000", 2));
  left.memory.process->version = 1;
  left.memory.process->checksum = "of nothing that is remembered";
  host.restore(std::move(left));
  CHECK(host.bench.status("p").version == 1);
  REQUIRE(host.bench.until_said("p", "new"));
  CHECK_FALSE(is_alive(orphan.pid()));
}

TEST_CASE("lines that nobody had read are handed on, and those that were are not") {
  Host host;
  const Orphan orphan = host.orphan();
  put(host.files.standard_error, "read\nunread\nunfin");
  Remembered left = host.remember(orphan, pipeline("p"));
  left.memory.process->stderr_offset = 5;
  host.restore(std::move(left));
  REQUIRE(host.bench.until_said("p", "unread"));
  CHECK(host.bench.lines["p"] == std::vector<std::string>{"unread"});
  host.bench.keeper().mark_read("p", host.bench.keeper().handed_on("p"));
  const auto memory = host.bench.keeper().memory("p");
  REQUIRE(memory);
  CHECK(memory->process->stderr_offset == 12);  // whole lines only
  CHECK(memory->process->pid == orphan.pid());
}

TEST_CASE("what was wanted before starts before anybody has spoken, but not without its secrets") {
  SupervisorBench bench;
  std::vector<Remembered> left(2);
  left[0].memory.wanted = pipeline("open");
  left[1].memory.wanted = pipeline("secret");
  left[1].memory.wanted.secrets.clear();
  left[1].memory.wanted_lacks_secrets = true;
  bench.keeper().restore(std::move(left), {});
  REQUIRE(bench.until_running("open"));
  CHECK(bench.state("secret") == ProcessState::waiting);
  CHECK(bench.notes_with("its secrets are not kept on this host (VF_PERSIST_SECRETS)").size() == 1);
  bench.want({pipeline("open"), pipeline("secret")});
  REQUIRE(bench.until_running("secret"));
  CHECK(bench.status("open").restarts == 0);
}

TEST_CASE("a process that was taken over without its secrets is the wanted one when they come") {
  Host host;
  const Orphan orphan = host.orphan();
  Remembered left = host.remember(orphan, pipeline("p"));
  left.memory.wanted.secrets.clear();
  left.memory.wanted_lacks_secrets = true;
  host.restore(std::move(left));
  REQUIRE(host.bench.until_running("p"));
  host.bench.want({pipeline("p")});
  host.bench.loop.run_for(20ms);
  CHECK(host.bench.status("p").pid == orphan.pid());
  CHECK_FALSE(host.bench.keeper().memory("p")->wanted_lacks_secrets);
}

TEST_CASE("a process that an earlier agent was stopping is stopped to its end") {
  Host host;
  const Orphan orphan = host.orphan();
  Remembered left = host.remember(orphan, pipeline("p", "echo new; exec sleep 1000"));
  left.memory.process->stopping = true;
  host.restore(std::move(left));
  REQUIRE(host.bench.until_said("p", "new"));
  CHECK_FALSE(is_alive(orphan.pid()));
}

TEST_CASE("what ran comes back once the process is gone that an earlier agent was stopping") {
  Host host;
  const Orphan orphan = host.orphan();
  Remembered left = host.remember(orphan, pipeline("p", "echo unknown; exec sleep 1000", 1));
  left.memory.process->stopping = true;
  left.memory.runs = pipeline("p", "echo ran; exec sleep 1000", 2);
  left.memory.wanted = pipeline("p", "echo wanted; exec sleep 1000", 3);
  left.memory.wanted_lacks_secrets = true;
  host.restore(std::move(left));
  REQUIRE(host.bench.until_said("p", "ran"));
  CHECK_FALSE(is_alive(orphan.pid()));
}

TEST_CASE("a wish that comes before the restored one had its turn is the one that counts") {
  Host host;
  host.bench.settings.longest_turn = 0ms;
  const Orphan orphan = host.orphan();
  Remembered left = host.remember(orphan, pipeline("p", "exec sleep 1000", 1));
  left.memory.runs = pipeline("p", "exec sleep 1000", 1);
  left.memory.wanted = pipeline("p", "exec sleep 1000", 2);
  host.restore(std::move(left));
  host.bench.want({pipeline("p", "echo third; exec sleep 1000", 3)});
  REQUIRE(host.bench.until_said("p", "third"));
  CHECK_FALSE(is_alive(orphan.pid()));
}

TEST_CASE("what runs when the agent is told to end is remembered once, as what is wanted") {
  SupervisorBench bench;
  bench.want({pipeline("p")});
  REQUIRE(bench.until_running("p"));
  bench.keeper().stop_all([] {});
  const auto memory = bench.keeper().memory("p");
  REQUIRE(memory);
  CHECK(memory->wanted.checksum == pipeline("p").checksum);
  CHECK_FALSE(memory->runs);
}

TEST_CASE("what an earlier agent refused stays refused") {
  SupervisorBench bench;
  std::vector<Remembered> left(1);
  left[0].memory.wanted = pipeline("p", "echo bad; exec sleep 1000", 2);
  left[0].memory.good = pipeline("p", "echo good; exec sleep 1000", 1);
  left[0].memory.refused = Memory::Refused{left[0].memory.wanted.checksum, 2, "no good", "0.54.0"};
  bench.keeper().restore(std::move(left), {});
  REQUIRE(bench.until_said("p", "good"));
  bench.want({pipeline("p", "echo bad; exec sleep 1000", 2)});
  REQUIRE(bench.until_running("p"));
  const PipelineStatus status = bench.status("p");
  CHECK(status.version == 1);
  CHECK(status.sync == Sync::rolled_back);
  CHECK(status.refused_version == 2);
  CHECK(status.refusal == "no good");
}

TEST_CASE("nothing is started beside a process that nobody remembers: it is ended first") {
  Host host;
  const std::string deaf_now = host.bench.folder / "deaf";
  const Orphan orphan = host.orphan("trap '' TERM; : > " + deaf_now + "; while :; do sleep 1000; done");
  REQUIRE(host.bench.loop.until([&] { return is_there(deaf_now); }));
  std::vector<Stray> strays;
  strays.push_back({Survivor{orphan.pid(), open_pidfd(orphan.pid())}, host.files.config});
  host.bench.keeper().restore({}, std::move(strays));
  host.bench.want({pipeline("p", "echo new; exec sleep 1000")});
  host.bench.loop.run_for(100ms);
  CHECK(host.bench.state("p") == ProcessState::stopping);
  CHECK(host.bench.lines["p"].empty());
  ::kill(-orphan.pid(), SIGKILL);
  REQUIRE(host.bench.until_said("p", "new"));
}
