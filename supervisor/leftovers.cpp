#include "supervisor/leftovers.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>

#include "supervisor/atomic_file.h"

namespace vf::supervisor {
namespace {

constexpr std::size_t longest_command_line = 1U << 20;

/// The first `--config` argument below `prefix`; "" where there is none. Arguments are separated by NUL.
std::string config_below(const std::string& command_line, const std::string& prefix) {
  const std::string flag("--config\0", 9);
  for (std::size_t at = command_line.find(flag); at != std::string::npos; at = command_line.find(flag, at + 1)) {
    if (at == 0 || command_line[at - 1] != '\0') continue;
    const std::size_t begin = at + flag.size();
    const std::string argument = command_line.substr(begin, command_line.find('\0', begin) - begin);
    if (argument.starts_with(prefix)) return argument;
  }
  return {};
}

/// Of every process but this one: its pid and its folder in /proc.
template <typename Look>
void each_process(Look look) {
  std::error_code failed;
  for (auto entry = std::filesystem::directory_iterator("/proc", failed);
       !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc{} && end == name.data() + name.size() && pid != ::getpid())
      look(pid, entry->path().string());
  }
}

}  // namespace

std::vector<Leftover> find_leftovers(const std::string& data_dir) {
  std::vector<Leftover> found;
  each_process([&](pid_t pid, const std::string& folder) {
    const auto command_line = read_file(folder + "/cmdline", longest_command_line);
    if (!command_line) return;  // it ended meanwhile, or is none of ours to look at
    std::string config = config_below(command_line.value(), data_dir + "/pipelines/");
    if (!config.empty()) found.push_back({pid, std::move(config)});
  });
  return found;
}

std::vector<pid_t> find_stray_taps(const std::string& data_dir) {
  const std::string variable = std::string(tap_variable) + "=" + data_dir;
  std::vector<pid_t> found;
  each_process([&](pid_t pid, const std::string& folder) {
    const auto environment = read_file(folder + "/environ", longest_command_line);
    if (!environment) return;
    const std::string padded = '\0' + environment.value() + '\0';
    if (padded.find('\0' + variable + '\0') != std::string::npos) found.push_back(pid);
  });
  return found;
}

}  // namespace vf::supervisor
