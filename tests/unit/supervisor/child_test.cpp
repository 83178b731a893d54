#include "supervisor/process/child.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <optional>
#include <sstream>

#include "processes.h"
#include "supervisor/process/unique_descriptor.h"
#include "temp_folder.h"
#include "test_loop.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;

namespace {

using Environment = std::map<std::string, std::string>;

struct Ended {
  std::optional<ExitStatus> status;
  std::string output;  // both streams
};

/// Starts a command whose output goes to a file, and waits for its end.
class Runner {
 public:
  Runner() : output_(::open((folder_ / "output").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}

  vf::Result<std::unique_ptr<Child>> start(Command command) {
    command.standard_output = command.standard_error = output_.get();
    return Child::start(loop.context(), command, [this](ExitStatus status) {
      CHECK_FALSE(ended.status);  // once
      ended.status = status;
    });
  }
  Ended run(Command command) {
    const auto child = start(std::move(command));
    REQUIRE(child);
    REQUIRE(loop.until([&] { return ended.status.has_value(); }));
    ended.output = printed();
    return ended;
  }
  Ended shell(const std::string& script) { return run({"/bin/sh", {"-c", script}, {}, -1, -1}); }
  [[nodiscard]] std::string printed() const { return content_of(folder_ / "output"); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return folder_ / name; }

  TestLoop loop;
  Ended ended;

 private:
  TempFolder folder_;
  UniqueDescriptor output_;
};

/// The hexadecimal mask of /proc/…/status, by name.
std::uint64_t mask_of(const std::string& status, const std::string& name) {
  const std::size_t at = status.find(name + ":");
  REQUIRE(at != std::string::npos);
  return std::stoull(status.substr(at + name.size() + 1), nullptr, 16);
}

/// From here on this system call fails with `errnum`, for this process and its children.
bool refuse(long call, int errnum) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(errnum)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(filter), filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// Gives a signal another disposition for a while.
struct Disposition {
  Disposition(int to_change, void (*handler)(int)) : number(to_change), before(::signal(to_change, handler)) {}
  ~Disposition() { ::signal(number, before); }
  int number;
  void (*before)(int);
};

}  // namespace

TEST_CASE("the exit code comes as it was given") {
  for (const int code : {0, 1, 78, 255}) {
    Runner runner;
    CHECK(runner.shell("exit " + std::to_string(code)).status == ExitStatus{code, 0});
  }
}

TEST_CASE("a death by signal comes as that signal") {
  for (const int number : {SIGKILL, SIGTERM, SIGSEGV, SIGHUP}) {
    Runner runner;
    CHECK(runner.shell("kill -" + std::to_string(number) + " $$").status == ExitStatus{0, number});
  }
}

TEST_CASE("stdout and stderr go where they were sent, in the order written") {
  Runner runner;
  CHECK(runner.shell("echo one; echo two >&2; echo three").output == "one\ntwo\nthree\n");
}

TEST_CASE("arguments arrive as they are, the empty and the strange ones too") {
  Runner runner;
  CHECK(runner.run({"/usr/bin/printf", {"[%s]", "a b", "", "$HOME", "*", "ü\n"}, {}, -1, -1}).output ==
        "[a b][][$HOME][*][ü\n]");
}

TEST_CASE("the environment is what was given and nothing else") {
  REQUIRE(::setenv("VF_TOKEN", "secret", 1) == 0);
  Runner runner;
  const Environment given = {{"A", "1"}, {"EMPTY", ""}, {"EQUALS", "a=b=c"}, {"lower", "ü $HOME"}};
  std::istringstream lines(runner.run({"/usr/bin/env", {}, given, -1, -1}).output);
  ::unsetenv("VF_TOKEN");
  Environment got;
  for (std::string line; std::getline(lines, line);)
    got.emplace(line.substr(0, line.find('=')), line.substr(line.find('=') + 1));
  CHECK(got == given);
  Runner empty;
  CHECK(empty.run({"/usr/bin/env", {}, {}, -1, -1}).output.empty());
}

TEST_CASE("0 is /dev/null, and so is any output that was not sent elsewhere") {
  TestLoop loop;
  const TempFolder folder;
  // What it has open is told by a file, as it has no output.
  const std::string script =
      "x=$(readlink /proc/$$/fd/0; readlink /proc/$$/fd/1; readlink /proc/$$/fd/2); echo \"$x\" > " + (folder / "fds");
  bool ended = false;
  const auto child = Child::start(loop.context(), {"/bin/sh", {"-c", script}, {{"PATH", "/usr/bin:/bin"}}, -1, -1},
                                  [&](ExitStatus) { ended = true; });
  REQUIRE(child);
  REQUIRE(loop.until([&] { return ended; }));
  CHECK(content_of(folder / "fds") == "/dev/null\n/dev/null\n/dev/null\n");
  Runner runner;
  CHECK(runner.run({"/bin/cat", {}, {}, -1, -1}).status == ExitStatus{0, 0});  // at once at the end of its input
}

TEST_CASE("no descriptor but 0, 1 and 2 is passed on, whatever is open here") {
  // Below and far above what the launcher itself opens, and none of them closed by exec.
  const UniqueDescriptor low(::open("/dev/null", O_RDONLY));
  const UniqueDescriptor high(::fcntl(low.get(), F_DUPFD, 700));
  REQUIRE(high.get() >= 700);
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const UniqueDescriptor reading(pipe_ends[0]);
  const UniqueDescriptor writing(pipe_ends[1]);
  for (int i = 0; i < 3; ++i) {
    Runner runner;
    CHECK(runner.shell("/bin/ls /proc/$$/fd; exit 0").output == "0\n1\n2\n");
  }
}

TEST_CASE("a child leads a process group of its own") {
  Runner runner;
  const auto child = runner.start({"/bin/cat", {"/proc/self/stat"}, {}, -1, -1});
  REQUIRE(child);
  const pid_t pid = child.value()->pid();
  REQUIRE(runner.loop.until([&] { return runner.ended.status.has_value(); }));
  const std::string printed = runner.printed();
  std::istringstream stat(printed);
  std::string number, name, state, parent, group;
  stat >> number >> name >> state >> parent >> group;
  CHECK(number == std::to_string(pid));
  CHECK(parent == std::to_string(::getpid()));
  CHECK(group == std::to_string(pid));
}

TEST_CASE("signals are as a fresh process has them: none blocked, none ignored") {
  const Disposition pipe(SIGPIPE, SIG_IGN);
  const Disposition hang_up(SIGHUP, SIG_IGN);  // as under nohup
  const Disposition user(SIGUSR2, SIG_IGN);
  sigset_t blocked, before;
  sigemptyset(&blocked);
  for (const int number : {SIGTERM, SIGINT, SIGCHLD, SIGUSR1}) sigaddset(&blocked, number);
  REQUIRE(::pthread_sigmask(SIG_BLOCK, &blocked, &before) == 0);
  Runner runner;
  const std::string status = runner.run({"/bin/cat", {"/proc/self/status"}, {}, -1, -1}).output;
  REQUIRE(::pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
  CHECK(mask_of(status, "SigBlk") == 0);
  // 32 and 33 are the C library's own: posix_spawn ignores them, as in all that is started with it.
  CHECK((mask_of(status, "SigIgn") & ~(std::uint64_t{3} << 31)) == 0);
  CHECK(mask_of(status, "SigCgt") == 0);
}

TEST_CASE("a command that cannot be started is an error with its errno, and leaves no process") {
  const TempFolder folder;
  put(folder / "not-executable", "#!/bin/sh\n", 0600);
  put(folder / "no-interpreter", "#!/nonexistent/interpreter\n", 0700);
  put(folder / "no-program", std::string("\0\1\2\3 this is no program\n", 24), 0700);
  TestLoop loop;
  const auto start = [&](const std::string& executable) {
    return Child::start(loop.context(), {executable, {}, {}, -1, -1}, [](ExitStatus) { FAIL("there was no process"); });
  };
  const auto missing = start(folder / "missing");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ENOENT);
  CHECK(missing.error().message() == "cannot start " + (folder / "missing") + ": No such file or directory (errno 2)");
  const auto refused = start(folder / "not-executable");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EACCES);
  const auto no_program = start(folder / "no-program");
  REQUIRE_FALSE(no_program);
  CHECK(no_program.error().code == ENOEXEC);
  const auto no_interpreter = start(folder / "no-interpreter");
  REQUIRE_FALSE(no_interpreter);
  CHECK(no_interpreter.error().code == ENOENT);
  // "No such file" of a file that is there: what is missing is what should run it.
  CHECK(no_interpreter.error().reason ==
        "its interpreter or dynamic loader does not exist; is it built for this system? (errno 2)");
  loop.run_for(std::chrono::milliseconds(20));
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // no child is left, as a zombie either
  CHECK(errno == ECHILD);
}

TEST_CASE("a failed start runs none of the agent's exit handlers") {
  static const pid_t here = ::getpid();
  static std::string marker;
  const TempFolder folder;
  marker = folder / "ran";
  static bool registered = false;
  if (!std::exchange(registered, true)) {
    REQUIRE(std::atexit([] {
              if (::getpid() != here) append(marker, "x");
            }) == 0);
  }
  TestLoop loop;
  CHECK_FALSE(Child::start(loop.context(), {folder / "missing", {}, {}, -1, -1}, [](ExitStatus) {}));
  loop.run_for(std::chrono::milliseconds(20));
  CHECK_FALSE(is_there(folder / "ran"));
}

TEST_CASE("where the kernel refuses what a start needs, that is an error and leaves no process") {
  // In a process of its own, as what is forbidden once stays so. Its exit code tells which promise was broken.
  const auto outcome = [](std::initializer_list<long> refused) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (const long call : refused)
        if (!refuse(call, EMFILE)) ::_exit(99);
      TestLoop loop;
      bool told = false;
      const auto child =
          Child::start(loop.context(), {"/bin/sleep", {"1000"}, {}, -1, -1}, [&](ExitStatus) { told = true; });
      if (child) ::_exit(1);
      if (child.error().code != EMFILE) ::_exit(2);
      loop.run_for(std::chrono::milliseconds(20));
      if (told) ::_exit(3);
      if (::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD) ::_exit(4);
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  };
  if (outcome({SYS_pidfd_open}) == 99) {
    WARN("no seccomp here: not tried");
    return;
  }
  CHECK(outcome({SYS_pidfd_open}) == 0);  // the process runs by then, and must not go on unwatched
  CHECK(outcome({SYS_clone, SYS_clone3, SYS_fork}) == 0);
}

TEST_CASE("the end is never told from inside start(), however soon it comes") {
  TestLoop loop;
  for (int i = 0; i < 10; ++i) {
    bool ended = false;
    const auto child = Child::start(loop.context(), {"/bin/true", {}, {}, -1, -1}, [&](ExitStatus) { ended = true; });
    REQUIRE(child);
    CHECK_FALSE(ended);
    CHECK(loop.until([&] { return ended; }));
  }
}

TEST_CASE("a signal reaches the process alone") {
  Runner runner;
  // The grandchild would say so, were it told too.
  const std::string script =
      "trap 'echo told; exit 3' TERM; "
      "(trap 'echo grandchild' TERM; echo ready; while :; do sleep 1000 & wait; done) & wait";
  const auto child = runner.start({"/bin/sh", {"-c", script}, {{"PATH", "/usr/bin:/bin"}}, -1, -1});
  REQUIRE(child);
  const ProcessGroup group(child.value()->pid());
  REQUIRE(runner.loop.until([&] { return runner.printed() == "ready\n"; }));
  child.value()->signal(SIGTERM);
  REQUIRE(runner.loop.until([&] { return runner.ended.status.has_value(); }));
  CHECK(runner.ended.status == ExitStatus{3, 0});
  CHECK(runner.printed() == "ready\ntold\n");
  child.value()->signal(SIGTERM);  // of no effect any more
  child.value()->kill_group();
}

TEST_CASE("kill_group ends the process and what it started") {
  Runner runner;
  const std::string script = "trap '' TERM HUP; sleep 1000 & echo $!; (sleep 1000 & echo $!; wait) & wait";
  const auto child = runner.start({"/bin/sh", {"-c", script}, {{"PATH", "/usr/bin:/bin"}}, -1, -1});
  REQUIRE(child);
  const ProcessGroup group(child.value()->pid());
  REQUIRE(runner.loop.until([&] { return std::ranges::count(runner.printed(), '\n') == 2; }));
  std::istringstream pids(runner.printed());
  pid_t first = 0;
  pid_t second = 0;
  pids >> first >> second;
  REQUIRE(is_alive(first));
  REQUIRE(is_alive(second));
  child.value()->kill_group();
  REQUIRE(runner.loop.until([&] { return runner.ended.status.has_value(); }));
  CHECK(runner.ended.status == ExitStatus{0, SIGKILL});
  CHECK(runner.loop.until([&] { return !is_alive(first) && !is_alive(second); }));
}

TEST_CASE("a Child that is destroyed leaves its process alone, tells nothing, and lets it become no zombie") {
  Runner runner;
  REQUIRE(::mkfifo((runner / "fifo").c_str(), 0600) == 0);
  pid_t pid = 0;
  {
    auto child = runner.start({"/bin/sh", {"-c", "read line < " + (runner / "fifo") + "; echo $line"}, {}, -1, -1});
    REQUIRE(child);
    pid = child.value()->pid();
    CHECK(is_own_child(pid));
  }
  CHECK(is_own_child(pid));
  runner.loop.run_for(std::chrono::milliseconds(20));
  CHECK(is_alive(pid));
  append(runner / "fifo", "it lives\n");
  CHECK(runner.loop.until([&] { return runner.printed() == "it lives\n"; }));
  CHECK(runner.loop.until([&] { return !is_own_child(pid); }));
  CHECK(::waitpid(pid, nullptr, WNOHANG) < 0);  // waited for already
  CHECK_FALSE(runner.ended.status);
}

TEST_CASE("a process is ours to wait for until its end was seen, and is no zombie then") {
  Runner runner;
  const auto child = runner.start({"/bin/sh", {"-c", "exit 0"}, {}, -1, -1});
  REQUIRE(child);
  const pid_t pid = child.value()->pid();
  CHECK(is_own_child(pid));
  CHECK_FALSE(is_own_child(::getpid()));
  REQUIRE(runner.loop.until([&] { return runner.ended.status.has_value(); }));
  CHECK_FALSE(is_own_child(pid));
  CHECK(::waitpid(pid, nullptr, WNOHANG) == -1);
}

TEST_CASE("the callback may destroy the Child it is about") {
  TestLoop loop;
  std::unique_ptr<Child> child;
  bool ended = false;
  auto started = Child::start(loop.context(), {"/bin/true", {}, {}, -1, -1}, [&](ExitStatus) {
    child.reset();
    ended = true;
  });
  REQUIRE(started);
  child = std::move(started).value();
  CHECK(loop.until([&] { return ended; }));
}

TEST_CASE("many children at once are each told of once") {
  TestLoop loop;
  std::vector<std::unique_ptr<Child>> children;
  std::map<int, int> codes;
  for (int i = 0; i < 40; ++i) {
    auto child = Child::start(loop.context(), {"/bin/sh", {"-c", "exit " + std::to_string(i)}, {}, -1, -1},
                              [&](ExitStatus status) { ++codes[status.code]; });
    REQUIRE(child);
    children.push_back(std::move(child).value());
  }
  REQUIRE(loop.until([&] { return codes.size() == 40; }));
  for (const auto& [code, times] : codes) CHECK(times == 1);
}
