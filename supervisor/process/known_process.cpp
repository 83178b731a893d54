#include "supervisor/process/known_process.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <ctime>

#include "supervisor/atomic_file.h"

namespace vf::supervisor {
namespace {

constexpr std::size_t longest_command_line = 1U << 20;
constexpr std::string_view gone_file = " (deleted)";

std::string directory_of(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

/// Field 22. The second one is the program's name in parentheses, and may hold both blanks and parentheses.
Result<std::uint64_t> start_ticks_of(pid_t pid) {
  const auto stat = read_file(directory_of(pid) + "/stat", 4096);
  if (!stat) return stat.error();
  const std::string& text = stat.value();
  std::size_t at = text.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  std::uint64_t ticks = 0;
  if (at == std::string::npos ||
      std::from_chars(text.data() + at + 1, text.data() + text.size(), ticks).ec != std::errc{})
    return Error{"read " + directory_of(pid) + "/stat", "it has no field 22", 0};
  return ticks;
}

Result<std::string> executable_of(pid_t pid) {
  const std::string path = directory_of(pid) + "/exe";
  char target[PATH_MAX];
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  if (length < 0) return system_error("read " + path, errno);
  std::string name(target, static_cast<std::size_t>(length));
  if (name.ends_with(gone_file)) name.resize(name.size() - gone_file.size());  // replaced by a newer one meanwhile
  return name;
}

Result<std::string> boot_id() {
  auto id = read_file("/proc/sys/kernel/random/boot_id", 256);
  if (id) id.value().erase(id.value().find_last_not_of(" \n") + 1);
  return id;
}

bool was_started_with(pid_t pid, const std::string& config) {
  const auto line = read_file(directory_of(pid) + "/cmdline", longest_command_line);
  const std::string wanted = std::string("\0--config\0", 10) + config + '\0';
  return line && line.value().find(wanted) != std::string::npos;
}

}  // namespace

Status identify(pid_t pid, ProcessRecord& into) {
  const auto ticks = start_ticks_of(pid);
  if (!ticks) return ticks.error();
  auto executable = executable_of(pid);
  if (!executable) return executable.error();
  auto boot = boot_id();
  if (!boot) return boot.error();
  into.pid = pid;
  into.start_ticks = ticks.value();
  into.executable = std::move(executable).value();
  into.boot_id = std::move(boot).value();
  return success();
}

std::chrono::milliseconds age_of(const ProcessRecord& record) {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const auto since_boot = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  const auto ticks_a_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const auto started = std::chrono::milliseconds(record.start_ticks * 1000 / ticks_a_second);
  return std::max(std::chrono::milliseconds(0),
                  std::chrono::duration_cast<std::chrono::milliseconds>(since_boot) - started);
}

UniqueDescriptor open_pidfd(pid_t pid) {
  return UniqueDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

Result<UniqueDescriptor> open_known(const ProcessRecord& record, const std::string& config) {
  const std::string attempted = "take over pid " + std::to_string(record.pid);
  // First the descriptor, then the questions: should the pid change hands in between, the answers do not fit.
  UniqueDescriptor pidfd = open_pidfd(record.pid);
  if (!pidfd) return system_error(attempted, errno);
  ProcessRecord now;
  if (const Status identified = identify(record.pid, now); !identified) return identified.error();
  if (now.boot_id != record.boot_id) return Error{attempted, "the host was booted since", 0};
  if (now.start_ticks != record.start_ticks) return Error{attempted, "it is another process by now", 0};
  if (now.executable != record.executable) return Error{attempted, "it runs " + now.executable + " by now", 0};
  if (!was_started_with(record.pid, config)) return Error{attempted, "it runs with another configuration", 0};
  return pidfd;
}

}  // namespace vf::supervisor
