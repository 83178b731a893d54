// With the kernel's own cgroups, in a scratch cgroup directly below the root of the hierarchy. That takes root and the
// memory controller on v2 (a hybrid host has it on v1); elsewhere the tests say that they were skipped.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "supervisor/atomic_file.h"
#include "supervisor/process/cgroup.h"
#include "temp_folder.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;

namespace {

constexpr std::uint64_t mebi = 1024 * 1024;

std::string text_of(const std::string& path) {
  auto text = read_file(path);
  return text ? text.value() : "";
}

bool write_to(const std::string& path, const std::string& text) {
  const UniqueDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// A cgroup as systemd would give it to a service. Removed at the end, with all below and all processes in it.
class ScratchCgroup {
 public:
  ScratchCgroup() {
    const auto root = cgroup_directory(text_of("/proc/self/mountinfo"), "/");
    if (!root) return;
    path_ = *root + "/vf-agent-test-" + std::to_string(::getpid());
    if (::mkdir(path_.c_str(), 0755) != 0) {
      path_.clear();
      return;
    }
    const auto controllers = words_of(text_of(path_ + "/cgroup.controllers"));
    usable_ = controllers.contains("memory") && controllers.contains("cpu");
  }
  ScratchCgroup(const ScratchCgroup&) = delete;
  ScratchCgroup& operator=(const ScratchCgroup&) = delete;
  ~ScratchCgroup() {
    if (path_.empty()) return;
    write_to(path_ + "/cgroup.kill", "1");
    for (int tries = 0; tries < 1000 && is_there(path_); ++tries) {
      for (const std::string& folder : {path_ + "/pipelines"})
        for (const std::string& name : names_in(folder)) ::rmdir((folder + "/" + name).c_str());
      for (const char* below : {"/pipelines", "/agent", ""}) ::rmdir((path_ + below).c_str());
      if (is_there(path_)) ::usleep(1000);
    }
  }

  /// Says why not where it is not.
  [[nodiscard]] bool usable() const {
    if (!usable_) WARN("skipped: takes root and the memory and cpu controllers of cgroup v2 at the root");
    return usable_;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Runs `agent` in a process of its own in this cgroup, as an agent is started; its answer is the exit code.
  [[nodiscard]] int run(const std::function<int()>& agent) const {
    const pid_t child = ::fork();
    if (child == 0) {
      if (!write_to(path_ + "/cgroup.procs", "0")) ::_exit(120);
      ::_exit(agent());
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 121;
    return WEXITSTATUS(status);
  }

 private:
  std::string path_;
  bool usable_ = false;
};

/// Starts a process in the place, as a Child does: the write is between fork and what it becomes. It ends by itself
/// some time, so that a test which is broken ends too.
pid_t start_in(const CgroupPlace& place, const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::write(place.procs.get(), "0", 1) != 1) ::_exit(122);
    ::alarm(60);
    work();
    ::_exit(0);
  }
  return child;
}

void use_memory(std::uint64_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) ::_exit(123);
  for (std::uint64_t at = 0; at < bytes; at += 4096) static_cast<volatile char*>(memory)[at] = 1;
}

int signal_that_ended(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

TEST_CASE("the kernel kills a pipeline at its limit, and it is told from any other kill") {
  const ScratchCgroup scratch;
  if (!scratch.usable()) return;
  const int answer = scratch.run([] {
    const PipelineCgroups cgroups = PipelineCgroups::set_up({32 * mebi, std::nullopt});
    if (!cgroups.enabled() || !cgroups.problem().empty()) return 1;
    const auto place = cgroups.make_place("shop");
    if (!place) return 2;
    const pid_t modest = start_in(place.value(), [] { use_memory(4 * mebi), ::pause(); });
    while (!cgroups.holds("shop", modest)) ::usleep(1000);
    if (cgroups.remove("shop").ok()) return 3;  // busy
    ::kill(modest, SIGKILL);
    if (signal_that_ended(modest) != SIGKILL) return 4;
    if (!cgroups.killed("shop", place.value().before).empty()) return 5;
    const pid_t greedy = start_in(place.value(), [] { use_memory(64 * mebi); });
    if (signal_that_ended(greedy) != SIGKILL) return 6;
    if (cgroups.killed("shop", place.value().before) != "killed by the kernel: 32 MiB limit") return 7;
    const auto next = cgroups.make_place("shop");  // the next process starts with new counts
    if (!next || !cgroups.killed("shop", next.value().before).empty()) return 8;
    if (!cgroups.remove("shop").ok() || is_there(cgroups.directory_of("shop"))) return 9;
    return 0;
  });
  CHECK(answer == 0);
}

TEST_CASE("the limit is the pipeline's, helpers included: the kernel takes all of it at once") {
  const ScratchCgroup scratch;
  if (!scratch.usable()) return;
  const int answer = scratch.run([] {
    const PipelineCgroups cgroups = PipelineCgroups::set_up({32 * mebi, std::nullopt});
    const auto place = cgroups.make_place("shop");
    if (!place) return 2;
    const pid_t vector = start_in(place.value(), [] {
      if (::fork() == 0) use_memory(64 * mebi);
      ::pause();
    });
    return signal_that_ended(vector) == SIGKILL ? 0 : 3;
  });
  CHECK(answer == 0);
}

TEST_CASE("a share of the CPUs is written as the kernel takes it") {
  const ScratchCgroup scratch;
  if (!scratch.usable()) return;
  const int answer = scratch.run([] {
    const PipelineCgroups cgroups = PipelineCgroups::set_up({std::nullopt, 1'000});
    const auto place = cgroups.make_place("shop");
    if (!place) return 2;
    return text_of(cgroups.directory_of("shop") + "/cpu.max") == "1000 100000\n" ? 0 : 3;
  });
  CHECK(answer == 0);
}

TEST_CASE("the next agent finds what an earlier one divided, wherever it is started") {
  const ScratchCgroup scratch;
  if (!scratch.usable()) return;
  pid_t vector = 0;
  const auto shop = [&](const std::function<int(const PipelineCgroups&)>& look) {
    return scratch.run([&] {
      const PipelineCgroups cgroups = PipelineCgroups::set_up({32 * mebi, 50'000});
      return cgroups.enabled() ? look(cgroups) : 1;
    });
  };
  const TempFolder folder;
  CHECK(shop([&](const PipelineCgroups& cgroups) {
          const auto place = cgroups.make_place("shop");
          if (!place) return 2;
          const pid_t started = start_in(place.value(), [] { ::pause(); });
          put(folder / "pid", std::to_string(started));
          while (!cgroups.holds("shop", started)) ::usleep(1000);
          return 0;  // the agent dies, the Vector stays
        }) == 0);
  vector = static_cast<pid_t>(std::stol(content_of(folder / "pid")));
  // A divided cgroup takes no process any more, so the next agent is started in the leaf (DelegateSubgroup=agent).
  CHECK(scratch.run([] { return 0; }) == 120);
  const pid_t next = ::fork();
  if (next == 0) {
    if (!write_to(scratch.path() + "/agent/cgroup.procs", "0")) ::_exit(120);
    const PipelineCgroups cgroups = PipelineCgroups::set_up({32 * mebi, 50'000});
    ::_exit(cgroups.enabled() && cgroups.holds("shop", vector) && cgroups.events("shop") ? 0 : 3);
  }
  int status = 0;
  REQUIRE(::waitpid(next, &status, 0) == next);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  ::kill(vector, SIGKILL);
}
