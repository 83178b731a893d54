#include <netinet/in.h>
#include <sys/socket.h>

#include <sstream>

#include "small_disk.h"
#include "supervisor/process/unique_descriptor.h"
#include "supervisor_bench.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;
using namespace std::chrono_literals;

namespace {

using Strings = std::vector<std::string>;

/// Listens on a port of 127.0.0.1 as any other program would; 0: one of the kernel's choice.
UniqueDescriptor listen_on(std::uint16_t port, std::uint16_t* got = nullptr) {
  UniqueDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(socket.get(), 1) == 0);
  socklen_t length = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
  if (got != nullptr) *got = ntohs(address.sin_port);
  return socket;
}

}  // namespace

TEST_CASE("a wanted pipeline is prepared, started, and running once it is healthy") {
  SupervisorBench bench;
  bench.want({pipeline("p")});
  CHECK(bench.state("p") == ProcessState::waiting);
  CHECK_FALSE(bench.status("p").pid);
  REQUIRE(bench.until_running("p"));
  const PipelineStatus status = bench.status("p");
  CHECK(status.id == "p");
  CHECK(status.name == "name of p");
  CHECK(status.version == 1);
  CHECK(status.checksum == pipeline("p").checksum);
  REQUIRE(status.pid);
  CHECK(is_alive(*status.pid));
  CHECK(status.started);
  CHECK(status.restarts == 0);
  CHECK(status.problem.empty());
  REQUIRE(status.ports);
  CHECK(status.ports->api == status.ports->metrics + 1);
  CHECK(bench.position("open p") < bench.position("p is waiting"));
  CHECK(bench.position("p is waiting") < bench.position("p is starting"));
  CHECK(bench.position("p is starting") < bench.position("p is running"));
  const auto told = bench.notes_with("running: version 1, pid " + std::to_string(*status.pid));
  REQUIRE(told.size() == 1);
  CHECK(told[0].starts_with("p: "));
}

TEST_CASE("a Vector gets its two files, its environment and nothing else") {
  SupervisorBench bench;
  bench.settings.own_environment.insert({{"VF_TOKEN", "t"}, {"OPERATOR", "o"}, {"VECTOR_CONFIG", "c"}});
  PipelineSpec spec = pipeline("p", "echo \"args: $*\"; env | sort | sed 's/^/env: /'; exec sleep 1000");
  spec.log_level = "debug";
  spec.secrets = {{"KEY", "from the secrets"}};
  bench.want({spec});
  const std::string config = bench.data("pipelines/p.yaml");
  REQUIRE(bench.until_said("p", "args: --config " + config + " --config " + config + ".vf-metrics.yaml"));
  REQUIRE(bench.until_said("p", "env: VECTOR_LOG=debug"));
  std::set<std::string> environment;
  for (const std::string& line : bench.lines["p"])
    if (line.starts_with("env: ") && !line.starts_with("env: PWD=") && !line.starts_with("env: _="))
      environment.insert(line);
  CHECK(environment == std::set<std::string>{"env: KEY=from the secrets", "env: OPERATOR=o", "env: PATH=/usr/bin:/bin",
                                             "env: VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION=true",
                                             "env: VECTOR_LOG=debug"});
  CHECK(content_of(config) == spec.config_yaml);
  CHECK(content_of(config + ".vf-metrics.yaml") == sidecar_yaml(SidecarKind::lean, *bench.status("p").ports));
}

TEST_CASE("what it prints reaches its own sink, stdout as stderr, each line once") {
  SupervisorBench bench;
  bench.want({pipeline("p", "echo out; echo err >&2; exec sleep 1000"), pipeline("q", "echo other; exec sleep 1000")});
  REQUIRE(bench.until_said("p", "out"));
  REQUIRE(bench.until_said("p", "err"));
  REQUIRE(bench.until_said("q", "other"));
  CHECK(bench.lines["p"].size() == 2);
  CHECK(bench.lines["q"].size() == 1);
}

TEST_CASE("it is starting for as long as health does not answer") {
  SupervisorBench bench;
  bench.healthy = false;
  bench.want({pipeline("p")});
  REQUIRE(bench.loop.until([&] { return bench.probes >= 4; }));
  CHECK(bench.state("p") == ProcessState::starting);
  CHECK(bench.status("p").pid);
  CHECK(bench.notes_with("running:").empty());
  bench.healthy = true;
  CHECK(bench.until_running("p"));
  const int asked = bench.probes;
  bench.loop.run_for(30ms);
  CHECK(bench.probes == asked);  // one that runs is not asked any more
}

TEST_CASE("health that takes long is told once of each process, and waited for on") {
  SupervisorBench bench;
  bench.settings.health_is_late = 40ms;
  bench.healthy = false;
  bench.want({pipeline("p")});
  REQUIRE(bench.until_noted("has not answered GET /health on 127.0.0.1:"));
  const int probes = bench.probes;
  REQUIRE(bench.loop.until([&] { return bench.probes >= probes + 2; }));
  CHECK(bench.notes_with("has not answered", NoteLevel::warning).size() == 1);
  CHECK(bench.state("p") == ProcessState::starting);
  CHECK(bench.status("p").problem.starts_with("has not answered GET /health on 127.0.0.1:"));
  bench.healthy = true;
  REQUIRE(bench.until_running("p"));
  CHECK(bench.status("p").problem.empty());
  bench.healthy = false;
  CHECK(bench.keeper().restart("p"));
  CHECK(bench.loop.until([&] { return bench.notes_with("has not answered", NoteLevel::warning).size() == 2; }));
}

TEST_CASE("health is asked of the API's port") {
  SupervisorBench bench;
  std::uint16_t asked = 0;
  bench.on_probe = [&](std::uint16_t port, const std::function<void(bool)>& done) {
    asked = port;
    boost::asio::post(bench.loop.context(), [done] { done(true); });
  };
  bench.want({pipeline("p")});
  REQUIRE(bench.until_running("p"));
  CHECK(asked == bench.status("p").ports->api);
}

TEST_CASE("an answer about an earlier process makes none of its successors run") {
  SupervisorBench bench;
  std::vector<std::function<void(bool)>> answers;
  bench.on_probe = [&](std::uint16_t, std::function<void(bool)> done) { answers.push_back(std::move(done)); };
  bench.want({pipeline("p")});
  REQUIRE(bench.loop.until([&] { return answers.size() == 1; }));
  const pid_t first = *bench.status("p").pid;
  CHECK(bench.keeper().restart("p"));
  REQUIRE(bench.loop.until([&] { return answers.size() == 2; }));
  REQUIRE(bench.status("p").pid != first);
  answers[0](true);
  CHECK(bench.state("p") == ProcessState::starting);
  answers[1](true);
  CHECK(bench.state("p") == ProcessState::running);
  bench.want({});
  REQUIRE(bench.until_gone("p"));
  answers[0](true);  // about one that is gone
}

TEST_CASE("pipelines have pairs of ports of their own, in order, and statuses come by id") {
  SupervisorBench bench;
  bench.want({pipeline("c"), pipeline("a"), pipeline("b")});
  for (const char* id : {"a", "b", "c"}) REQUIRE(bench.until_running(id));
  const auto all = bench.keeper().statuses();
  REQUIRE(all.size() == 3);
  std::set<std::uint16_t> ports;
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(all[i].id == std::string(1, static_cast<char>('a' + i)));
    ports.insert(all[i].ports->metrics);
    ports.insert(all[i].ports->api);
  }
  CHECK(ports.size() == 6);
  CHECK_FALSE(bench.keeper().status("unknown"));
}

TEST_CASE("a pair that somebody holds is skipped, and told") {
  SupervisorBench bench;
  std::uint16_t held = 0;
  const UniqueDescriptor other = listen_on(0, &held);
  bench.settings.port_base = static_cast<std::uint16_t>(held - 1);
  bench.want({pipeline("p")});
  REQUIRE(bench.until_running("p"));
  CHECK(bench.status("p").ports->metrics > held);
  const std::string pair = std::to_string(held - 1) + "/" + std::to_string(held);
  CHECK(bench.notes_with("ports " + pair + " are held by another program and skipped").size() == 1);
}

TEST_CASE("a pair is kept over restarts, and given up where somebody took it meanwhile") {
  SupervisorBench bench;
  bench.want({pipeline("p")});
  REQUIRE(bench.until_running("p"));
  const PortPair first = *bench.status("p").ports;
  const auto restarted = [&](std::uint64_t times) {
    return bench.loop.until([&] {
      const PipelineStatus now = bench.status("p");
      return now.restarts == times && now.state == ProcessState::running;
    });
  };
  CHECK(bench.keeper().restart("p"));
  REQUIRE(restarted(1));
  CHECK(bench.status("p").ports == first);
  const UniqueDescriptor other = listen_on(first.api);
  CHECK(bench.keeper().restart("p"));
  REQUIRE(restarted(2));
  CHECK(bench.status("p").ports->metrics > first.api);
  const std::string pair = std::to_string(first.metrics) + "/" + std::to_string(first.api);
  CHECK(bench.notes_with("another program holds one of its ports " + pair + "; taking the next pair").size() == 1);
  CHECK(content_of(bench.data("pipelines/p.yaml.vf-metrics.yaml")) ==
        sidecar_yaml(SidecarKind::lean, *bench.status("p").ports));
}

TEST_CASE("without a port left a pipeline has crashed and says what to do") {
  SupervisorBench bench;
  bench.settings.port_base = 65534;
  bench.want({pipeline("p"), pipeline("q")});
  REQUIRE(bench.until_running("p"));
  REQUIRE(bench.until_state("q", ProcessState::crash_loop));
  CHECK(bench.status("q").problem ==
        "no port is left between VF_PORT_BASE (65534) and 65535, as none is used twice; restart vf-agent, with a lower "
        "VF_PORT_BASE if need be");
  CHECK(bench.notes_with("no port is left").size() == 1);  // and is not said at each attempt
  CHECK(bench.state("p") == ProcessState::running);
}

TEST_CASE("a Vector that is missing is told once, is looked for again, and found") {
  SupervisorBench bench;
  REQUIRE(::unlink(bench.vector_path().c_str()) == 0);
  bench.want({pipeline("a"), pipeline("b"), pipeline("c")});
  for (const char* id : {"a", "b", "c"}) REQUIRE(bench.until_state(id, ProcessState::crash_loop));
  const std::string reason = "cannot run " + bench.vector_path() +
                             ": No such file or directory (errno 2); install Vector or set VF_VECTOR_BIN";
  CHECK(bench.notes_with(reason, NoteLevel::error) == Strings{": " + reason});
  for (const char* id : {"a", "b", "c"}) {
    CHECK(bench.status(id).problem == reason);
    CHECK_FALSE(bench.status(id).pid);
    CHECK(bench.status(id).restarts == 0);
  }
  CHECK(bench.notes_with(reason, NoteLevel::warning).size() == 4);  // and once for each pipeline, in its own log

  put(bench.vector_path(), "no program", 0600);
  const std::string refused =
      "cannot run " + bench.vector_path() + ": the file is not executable; install Vector or set VF_VECTOR_BIN";
  REQUIRE(bench.until_noted(refused));
  CHECK(bench.notes_with(refused, NoteLevel::error).size() == 1);

  put(bench.folder / "good", "#!/bin/sh\nexec sleep 1000\n", 0700);
  REQUIRE(::rename((bench.folder / "good").c_str(), bench.vector_path().c_str()) == 0);
  for (const char* id : {"a", "b", "c"}) REQUIRE(bench.until_running(id));
  for (const char* id : {"a", "b", "c"}) CHECK(bench.status(id).problem.empty());
}

TEST_CASE("a Vector that the kernel cannot run is a failure that says so") {
  SupervisorBench bench;
  put(bench.vector_path(), "#!/nonexistent/loader\n", 0700);
  bench.want({pipeline("p")});
  REQUIRE(bench.until_state("p", ProcessState::crashed));
  CHECK(bench.status("p").problem ==
        "cannot start " + bench.vector_path() +
            ": its interpreter or dynamic loader does not exist; is it built for this system? (errno 2)");
}

TEST_CASE("a bare name is looked up on the PATH that the Vectors get") {
  SupervisorBench bench;
  bench.settings.vector_bin = "vector";
  bench.settings.own_environment["PATH"] = "/nonexistent:" + bench.folder.path() + ":/usr/bin:/bin";
  bench.want({pipeline("p")});
  CHECK(bench.until_running("p"));
}

TEST_CASE("an api section of its own is taken out, and told once") {
  SupervisorBench bench;
  PipelineSpec spec = pipeline("p");
  spec.config_yaml += "api: {enabled: true, address: \"0.0.0.0:8686\"}\n";
  bench.want({spec});
  REQUIRE(bench.until_running("p"));
  CHECK(bench.keeper().restart("p"));
  REQUIRE(bench.loop.until([&] { return bench.status("p").restarts == 1; }));
  CHECK(content_of(bench.data("pipelines/p.yaml")) == pipeline("p").config_yaml);
  CHECK(bench.notes_with("its own `api` section is replaced").size() == 1);
}

TEST_CASE("files that cannot be written are a failure that is retried until they can") {
  SupervisorBench bench;
  put(bench.settings.data_dir, "a file where the directory should be");
  bench.want({pipeline("p")});
  REQUIRE(bench.until_state("p", ProcessState::crash_loop));
  const std::string reason = "cannot create directory " + bench.data("pipelines") + ": Not a directory (errno 20)";
  CHECK(bench.status("p").problem == reason);
  CHECK(bench.notes_with(reason, NoteLevel::warning).size() == 1);
  REQUIRE(::unlink(bench.settings.data_dir.c_str()) == 0);
  CHECK(bench.until_running("p"));
}

TEST_CASE("on a full disk a change waits for space, and is told why; what runs runs on, and a restart needs none") {
  const SmallDisk disk("256k");
  if (!disk.mounted()) {
    WARN("not allowed to mount: no full disk was tried");
    return;
  }
  SupervisorBench bench;
  bench.settings.data_dir = disk.path();
  bench.want({pipeline("p"), pipeline("q")});
  REQUIRE(bench.until_running("p"));
  REQUIRE(bench.until_running("q"));
  const pid_t other = *bench.status("q").pid;
  disk.fill();
  CHECK(bench.keeper().restart("p"));  // of what is written already
  REQUIRE(
      bench.loop.until([&] { return bench.status("p").restarts == 1 && bench.state("p") == ProcessState::running; }));
  bench.want({pipeline("p", "echo new; exec sleep 1000", 2), pipeline("q")});
  const pid_t same = *bench.status("p").pid;
  REQUIRE(
      bench.until_noted("version 2 could not be checked, what runs is left alone and it is tried again: cannot write " +
                        (disk / "staged/p.yaml.new") + ": No space left on device (errno 28)"));
  bench.loop.run_for(100ms);
  CHECK(bench.status("p").pid == same);
  CHECK(bench.state("p") == ProcessState::running);
  CHECK(bench.status("p").sync == Sync::applying);
  CHECK(bench.notes_with("could not be checked").size() == 1);
  CHECK(content_of(disk / "pipelines/p.yaml") == pipeline("p").config_yaml);
  CHECK(bench.status("q").pid == other);
  disk.free_again();
  CHECK(bench.until_said("p", "new"));
  REQUIRE(bench.until_running("p"));
  CHECK(bench.status("p").version == 2);
}
