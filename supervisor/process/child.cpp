#include "supervisor/process/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <memory>
#include <set>
#include <utility>

#include "supervisor/process/exec_words.h"

namespace vf::supervisor {
namespace {

/// Pids that are waited for here. Loop's thread, like all of this file.
std::set<pid_t>& waited_for() {
  static std::set<pid_t> pids;
  return pids;
}

/// What a new process is to be like, in the system's words.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);  // exec would keep what is ignored
    ::posix_spawnattr_setpgroup(&attributes, 0);         // a Ctrl-C at the agent's terminal is the agent's to handle
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }

  void use_descriptors(int input, int output, int error) {
    ::posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, error, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  }

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

/// Ends and waits for a process that never became the program it was started for.
void reap_at_once(pid_t pid) {
  if (pid <= 0) return;
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
}

Error start_error(const std::string& executable, int errnum) {
  Error error = system_error("start " + executable, errnum);
  // execve says "no such file" of a file that is there when what should run it is missing.
  if (errnum == ENOENT && ::access(executable.c_str(), F_OK) == 0)
    error.reason = "its interpreter or dynamic loader does not exist; is it built for this system? (errno 2)";
  return error;
}

/// Not Boost.Process' launcher: what it does between fork and exec takes memory, for which another thread may hold the
/// lock, and its wait may block the loop (see Impl::wait).
Result<pid_t> spawn(const Command& command) {
  const UniqueDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return system_error("open /dev/null", errno);
  const auto or_null = [&](int descriptor) { return descriptor >= 0 ? descriptor : null.get(); };
  SpawnPlan plan;
  plan.use_descriptors(null.get(), or_null(command.standard_output), or_null(command.standard_error));
  std::vector<std::string> arguments{command.executable};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = environment_lines(command.environment);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, command.executable.c_str(), &plan.files, &plan.attributes,
                                   pointers_to(arguments).data(), pointers_to(environment).data());
  if (failed != 0) return start_error(command.executable, failed);
  const std::string moved = std::to_string(pid);
  if (command.cgroup_procs >= 0 && ::write(command.cgroup_procs, moved.data(), moved.size()) < 0) {
    const Error refused = system_error("put " + command.executable + " into its cgroup", errno);
    reap_at_once(pid);
    return refused;
  }
  return pid;
}

}  // namespace

struct Child::Impl : std::enable_shared_from_this<Impl> {
  Impl(boost::asio::io_context& loop, pid_t of, UniqueDescriptor descriptor)
      : pidfd(loop, descriptor.release()), pid(of) {
    waited_for().insert(pid);
  }
  ~Impl() { waited_for().erase(pid); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// The callback is kept by the wait and not by the Child, which the callback may well own. Asio may wake it too
  /// early: a descriptor's state is used again with what is left in it.
  void wait(OnExit on_exit) {
    pidfd.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [self = shared_from_this(), on_exit = std::move(on_exit)](boost::system::error_code error) mutable {
          if (error == boost::asio::error::operation_aborted) return;
          if (!self->has_ended()) return self->wait(std::move(on_exit));
          const ExitStatus status = self->take_status();
          if (!self->given_up) on_exit(status);
        });
  }

  [[nodiscard]] bool has_ended() {
    pollfd watched{pidfd.native_handle(), POLLIN, 0};
    return ::poll(&watched, 1, 0) > 0;
  }

  [[nodiscard]] ExitStatus take_status() {
    ended = true;
    waited_for().erase(pid);
    siginfo_t how{};
    if (::waitid(P_PIDFD, static_cast<id_t>(pidfd.native_handle()), &how, WEXITED | WNOHANG) != 0 || how.si_pid != pid)
      return {0, 0, false};  // it was no child of ours
    return how.si_code == CLD_EXITED ? ExitStatus{how.si_status, 0, true} : ExitStatus{0, how.si_status, true};
  }

  boost::asio::posix::stream_descriptor pidfd;
  const pid_t pid;
  bool ended = false;
  bool given_up = false;  // nobody wants to know
};

Child::Child(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Child::~Child() {
  impl_->given_up = true;  // the wait goes on, or what was killed a moment ago would stay a zombie
}

Result<std::unique_ptr<Child>> Child::start(boost::asio::io_context& loop, const Command& command, OnExit on_exit) {
  const auto spawned = spawn(command);
  if (!spawned) return spawned.error();
  const pid_t pid = spawned.value();
  UniqueDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    const Error failed = system_error("watch " + command.executable + " (pidfd_open)", errno);
    reap_at_once(pid);
    return failed;
  }
  return adopt(loop, pid, std::move(pidfd), std::move(on_exit));
}

std::unique_ptr<Child> Child::adopt(boost::asio::io_context& loop, pid_t pid, UniqueDescriptor pidfd, OnExit on_exit) {
  auto impl = std::make_shared<Impl>(loop, pid, std::move(pidfd));
  impl->wait(std::move(on_exit));
  return std::unique_ptr<Child>(new Child(std::move(impl)));
}

pid_t Child::pid() const {
  return impl_->pid;
}

void Child::signal(int number) {
  if (impl_->ended) return;
  // Not by its pid: somebody else may have reaped it, and the pid may be another's then.
  ::syscall(SYS_pidfd_send_signal, impl_->pidfd.native_handle(), number, nullptr, 0U);
}

void Child::kill_group() {
  if (impl_->ended) return;
  // While its leader is there the group is its own.
  if (::syscall(SYS_pidfd_send_signal, impl_->pidfd.native_handle(), 0, nullptr, 0U) == 0) ::kill(-impl_->pid, SIGKILL);
  signal(SIGKILL);
}

bool is_own_child(pid_t pid) {
  return waited_for().contains(pid);
}

Result<std::string> find_executable(const std::string& executable, const std::string& path) {
  const auto runnable = [](const std::string& file) {
    struct stat found {};
    return ::stat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(file.c_str(), X_OK) == 0;
  };
  if (executable.find('/') != std::string::npos) {
    if (runnable(executable)) return executable;
    struct stat found {};
    if (::stat(executable.c_str(), &found) != 0) return system_error("run " + executable, errno);
    return Error{"run " + executable, S_ISREG(found.st_mode) ? "the file is not executable" : "it is not a file",
                 EACCES};
  }
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string directory = path.substr(begin, end - begin);
    const std::string file = (directory.empty() ? "." : directory) + "/" + executable;
    if (runnable(file)) return file;
    begin = end + 1;
  }
  return Error{"find " + executable, "no such program in PATH (" + path + ")", ENOENT};
}

}  // namespace vf::supervisor
