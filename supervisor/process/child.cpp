#include "supervisor/process/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/process/v2.hpp>
#include <cerrno>
#include <memory>
#include <set>
#include <utility>

namespace vf::supervisor {
namespace bp = boost::process::v2;
namespace {

/// What Boost.Process has no initializer for, or one that leaks descriptors (process_stdio, in 1.81): runs in the child
/// between fork and exec.
struct OwnGroupSignalsAndDescriptors {
  int input;
  int output;
  int error;
  int cgroup_procs;

  boost::system::error_code on_exec_setup(bp::posix::default_launcher&, const boost::filesystem::path&,
                                          const char* const*) {
    if (cgroup_procs >= 0 && ::write(cgroup_procs, "0", 1) != 1) return {errno, boost::system::system_category()};
    if (::dup2(input, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 || ::dup2(error, STDERR_FILENO) < 0)
      return {errno, boost::system::system_category()};
    // Ours are all close-on-exec; this is for whatever else may be open.
    constexpr unsigned close_on_exec = 1U << 2;  // CLOSE_RANGE_CLOEXEC, Linux 5.11
    if (::syscall(SYS_close_range, 3U, ~0U, close_on_exec) != 0)
      for (int descriptor = 3; descriptor < 1024; ++descriptor) ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    ::setpgid(0, 0);  // a Ctrl-C at the agent's terminal is the agent's to handle
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);  // exec would keep what is ignored
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    return {};
  }

  /// errno has been told to the parent. Boost would go on to exit(), which runs the agent's exit handlers in its copy.
  template <typename... Anything>
  void on_exec_error(Anything&&...) {
    ::_exit(127);
  }
};

/// Pids that are waited for here. Loop's thread, like all of this file.
std::set<pid_t>& waited_for() {
  static std::set<pid_t> pids;
  return pids;
}

/// Boost 1.81's own process_environment is not linkable header-only; this does the same.
class WholeEnvironment {
 public:
  explicit WholeEnvironment(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) pointers_.push_back(line.c_str());
    pointers_.push_back(nullptr);
  }
  boost::system::error_code on_setup(bp::posix::default_launcher& launcher, const boost::filesystem::path&,
                                     const char* const*) {
    launcher.env = pointers_.data();
    return {};
  }

 private:
  std::vector<const char*> pointers_;
};

std::vector<std::string> as_lines(const std::map<std::string, std::string>& environment) {
  std::vector<std::string> lines;
  lines.reserve(environment.size());
  for (const auto& [name, value] : environment) lines.push_back(name + "=" + value);
  return lines;
}

using Handle = bp::basic_process_handle<boost::asio::io_context::executor_type>;

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

template <typename... Setup>
Result<Handle> launch(boost::asio::io_context& loop, bp::posix::default_launcher& launcher, const Command& command,
                      Setup&&... setup) {
  boost::system::error_code failed;
  try {
    auto process = launcher(loop.get_executor(), failed, boost::filesystem::path(command.executable), command.arguments,
                            std::forward<Setup>(setup)...);
    Handle handle = process.detach();
    if (failed) return start_error(command.executable, failed.value());
    return handle;
  } catch (const boost::system::system_error& error) {
    if (launcher.pid == 0) ::_exit(127);  // this is the child, before its exec
    // Boost tells of the descriptor it did not get (EBADF); the kernel says why.
    const UniqueDescriptor again(static_cast<int>(::syscall(SYS_pidfd_open, launcher.pid, 0)));
    return system_error("watch " + command.executable + " (pidfd_open)", again ? error.code().value() : errno);
  }
}

}  // namespace

struct Child::Impl : std::enable_shared_from_this<Impl> {
  Impl(boost::asio::io_context& loop, pid_t of, UniqueDescriptor descriptor, OnExit tell)
      : pidfd(loop, descriptor.release()), pid(of), on_exit(std::move(tell)) {
    waited_for().insert(pid);
  }
  ~Impl() { waited_for().erase(pid); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// Not Boost.Process' own wait: Asio may wake it too early (a descriptor's state is used again with what is left in
  /// it), and then it blocks in waitpid(), or takes a process that runs for one that has ended.
  void wait() {
    pidfd.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](boost::system::error_code error) {
                       if (error == boost::asio::error::operation_aborted) return;
                       self->has_ended() ? self->end() : self->wait();
                     });
  }

  [[nodiscard]] bool has_ended() {
    pollfd watched{pidfd.native_handle(), POLLIN, 0};
    return ::poll(&watched, 1, 0) > 0;
  }

  void end() {
    siginfo_t how{};
    ExitStatus status{0, 0, false};  // of who was no child of ours
    if (::waitid(P_PIDFD, static_cast<id_t>(pidfd.native_handle()), &how, WEXITED | WNOHANG) == 0 && how.si_pid == pid)
      status = how.si_code == CLD_EXITED ? ExitStatus{how.si_status, 0, true} : ExitStatus{0, how.si_status, true};
    ended = true;
    waited_for().erase(pid);
    // The callback may well own the Child.
    if (const OnExit tell = std::exchange(on_exit, nullptr)) tell(status);
  }

  boost::asio::posix::stream_descriptor pidfd;
  const pid_t pid;
  bool ended = false;
  OnExit on_exit;  // empty once nobody wants to know
};

Child::Child(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Child::~Child() {
  impl_->on_exit = nullptr;  // the wait goes on, or what was killed a moment ago would stay a zombie
}

Result<std::unique_ptr<Child>> Child::start(boost::asio::io_context& loop, const Command& command, OnExit on_exit) {
  const UniqueDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return system_error("open /dev/null", errno);
  OwnGroupSignalsAndDescriptors setup{null.get(), command.standard_output >= 0 ? command.standard_output : null.get(),
                                      command.standard_error >= 0 ? command.standard_error : null.get(),
                                      command.cgroup_procs};
  const auto environment = as_lines(command.environment);
  bp::posix::default_launcher launcher;
  auto launched = launch(loop, launcher, command, WholeEnvironment(environment), setup);
  if (!launched) {
    reap_at_once(launcher.pid);
    return launched.error();
  }
  const pid_t pid = launched.value().id();
  UniqueDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    const Error failed = system_error("watch " + command.executable + " (pidfd_open)", errno);
    reap_at_once(pid);
    return failed;
  }
  return adopt(loop, pid, std::move(pidfd), std::move(on_exit));
}

std::unique_ptr<Child> Child::adopt(boost::asio::io_context& loop, pid_t pid, UniqueDescriptor pidfd, OnExit on_exit) {
  auto impl = std::make_shared<Impl>(loop, pid, std::move(pidfd), std::move(on_exit));
  impl->wait();
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
