#include "agent/update/guard.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "agent/data_dir_lock.h"
#include "agent/update/binary_files.h"
#include "agent/update/upgrade_record.h"
#include "supervisor/process/exec_words.h"
#include "supervisor/process/known_process.h"

namespace vf::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using supervisor::UniqueDescriptor;

constexpr int pipe_in_guard = 3;
// From the end of its pipe's other side to the end of the process: a core dump may take a while.
constexpr milliseconds dying{10'000};
// What systemd takes to start the service again (RestartSec), and some.
constexpr milliseconds systemd_comes_back{20'000};
constexpr milliseconds look_again{100};

// argv of the guard: vf-agent upgrade-guard AGENT TRIAL_MS DATA_DIR BINARY PUT_BACK FROM TARGET ARGV…
enum Argument : std::size_t { agent = 2, trial, data_dir, binary, put_back, from, target, arguments };

void say(const std::string& text) {
  std::fprintf(stderr, "vf-agent: %s\n", text.c_str());
}

/// Readable, or at its end, before `until`?
bool wait_for(int descriptor, steady_clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    if (left <= milliseconds(0)) return false;
    pollfd watched{descriptor, POLLIN, 0};
    const int found = ::poll(&watched, 1, static_cast<int>(left.count()));
    if (found > 0) return true;
    if (found < 0 && errno != EINTR) return true;
  }
}

class Guard {
 public:
  Guard(GuardOrder order, Launch launch)
      : order_(std::move(order)), launch_(std::move(launch)), agent_(supervisor::open_pidfd(order_.agent)) {}

  int run() {
    if (!wait_for(order_.heard_on, steady_clock::now() + order_.trial))
      return come_back("it did not report that it is healthy within " + std::to_string(order_.trial.count() / 1000) +
                       " s");
    char word = 0;
    if (::read(order_.heard_on, &word, 1) == 1) return 0;  // any word: all is well, or somebody wanted it to end
    return come_back("it ended before it was healthy");
  }

 private:
  int come_back(const std::string& reason) {
    say("version " + order_.target + " did not stand: " + reason + "; version " + order_.from + " comes back");
    end_agent();
    bool is_back = false;
    if (order_.put_back) {
      const Status done = bring_back_previous(order_.binary);
      is_back = done.ok();
      if (!done) say(done.error().message());
    }
    const UpgradeRecord record{order_.from, order_.target, reason};
    if (const Status written = write_upgrade_record(order_.data_dir, record); !written) say(written.error().message());
    if (started_by_systemd() && somebody_took_over()) return 0;
    // Where the file could not be put back it is the one that failed; this process still is the one before.
    const int failed = exec_image(is_back ? order_.binary : "/proc/self/exe", launch_, std::nullopt);
    say(system_error("start the agent again", failed).message());
    return 1;
  }

  void end_agent() const {
    if (!agent_) return;  // it is gone
    if (has_closed_pipe() && wait_for(agent_.get(), steady_clock::now() + dying)) return;
    ::syscall(SYS_pidfd_send_signal, agent_.get(), SIGKILL, nullptr, 0U);
    (void)wait_for(agent_.get(), steady_clock::now() + dying);
  }

  [[nodiscard]] bool has_closed_pipe() const {
    pollfd watched{order_.heard_on, POLLIN, 0};
    return ::poll(&watched, 1, 0) > 0 && (watched.revents & POLLHUP) != 0;
  }

  /// systemd knows this process's parent as the service, and starts that again.
  [[nodiscard]] bool started_by_systemd() const {
    const auto pid = launch_.environment.find("SYSTEMD_EXEC_PID");
    return launch_.environment.contains("NOTIFY_SOCKET") ||
           (pid != launch_.environment.end() && pid->second == std::to_string(order_.agent));
  }

  [[nodiscard]] bool somebody_took_over() const {
    const auto until = steady_clock::now() + systemd_comes_back;
    while (steady_clock::now() < until) {
      if (!lock_data_dir(order_.data_dir)) return true;  // held, and not by us
      ::usleep(static_cast<useconds_t>(std::chrono::microseconds(look_again).count()));
    }
    return false;
  }

  const GuardOrder order_;
  const Launch launch_;
  const UniqueDescriptor agent_;
};

}  // namespace

Result<UniqueDescriptor> start_guard(GuardOrder order, const Launch& launch) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("make a pipe", errno);
  const UniqueDescriptor theirs(ends[0]);
  UniqueDescriptor ours(ends[1]);

  std::vector<std::string> words{launch.arguments.empty() ? "vf-agent" : launch.arguments[0],
                                 guard_command,
                                 std::to_string(::getpid()),
                                 std::to_string(order.trial.count()),
                                 order.data_dir,
                                 order.binary,
                                 order.put_back ? "1" : "0",
                                 order.from,
                                 order.target};
  words.insert(words.end(), launch.arguments.begin(), launch.arguments.end());
  std::vector<std::string> environment = supervisor::environment_lines(launch.environment);

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, theirs.get(), pipe_in_guard);
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setpgroup(&attributes, 0);  // a Ctrl-C at the terminal is the agent's
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, "/proc/self/exe", &files, &attributes, supervisor::pointers_to(words).data(),
                                   supervisor::pointers_to(environment).data());
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) return system_error("start the guard of the upgrade", failed);
  return ours;
}

int run_guard(const std::vector<std::string>& argv, const std::map<std::string, std::string>& environment) {
  if (argv.size() <= arguments) {
    say(std::string(guard_command) + " is for vf-agent itself");
    return 1;
  }
  GuardOrder order;
  order.heard_on = pipe_in_guard;
  order.agent = std::atoi(argv[agent].c_str());
  order.trial = milliseconds(std::atoll(argv[trial].c_str()));
  order.data_dir = argv[data_dir];
  order.binary = argv[binary];
  order.put_back = argv[put_back] == "1";
  order.from = argv[from];
  order.target = argv[target];
  if (::fcntl(order.heard_on, F_SETFD, FD_CLOEXEC) != 0 || order.agent < 1) {
    say(std::string(guard_command) + " is for vf-agent itself");
    return 1;
  }
  Launch launch{order.binary, {argv.begin() + static_cast<std::ptrdiff_t>(arguments), argv.end()}, environment};
  return Guard(std::move(order), std::move(launch)).run();
}

}  // namespace vf::agent
