#include "supervisor/process/cgroup_facts.h"

#include <algorithm>
#include <charconv>

#include "supervisor/resource_limits.h"

namespace vf::supervisor {
namespace {

constexpr std::size_t nowhere = std::string_view::npos;

/// Calls with each piece between `separator`s that is not empty.
template <typename Use>
void for_each_piece(std::string_view text, char separator, Use use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// The kernel writes space, tab, newline and backslash as \ooo.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const bool escape = text[i] == '\\' && i + 3 < text.size() &&
                        std::from_chars(text.data() + i + 1, text.data() + i + 4, value, 8).ptr == text.data() + i + 4;
    plain += escape ? static_cast<char>(value) : text[i];
    if (escape) i += 3;
  }
  return plain;
}

/// What of `path` lies below `root`: "" or "/…"; empty where it does not.
std::optional<std::string> below(std::string_view root, std::string_view path) {
  if (path.find("/..") != nowhere) return std::nullopt;  // outside what this cgroup namespace may see
  if (root == "/") return path == "/" ? "" : std::string(path);
  if (!path.starts_with(root)) return std::nullopt;
  path.remove_prefix(root.size());
  if (!path.empty() && path[0] != '/') return std::nullopt;
  return std::string(path);
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string> cgroup_path(std::string_view proc_cgroup) {
  std::optional<std::string> path;
  for_each_piece(proc_cgroup, '\n', [&](std::string_view line) {
    if (line.starts_with("0::/")) path = std::string(line.substr(3));
  });
  return path;
}

std::optional<std::string> cgroup_directory(std::string_view mountinfo, std::string_view path) {
  std::optional<std::string> directory;
  for_each_piece(mountinfo, '\n', [&](std::string_view line) {
    // <id> <parent> <device> <root> <mount point> <options> [<tag>…] - <type> <source> <options>
    const std::size_t dash = line.find(" - ");
    if (dash == nowhere || !line.substr(dash + 3).starts_with("cgroup2 ")) return;
    std::vector<std::string_view> fields;
    for_each_piece(line.substr(0, dash), ' ', [&](std::string_view field) { fields.push_back(field); });
    if (fields.size() < 6 || directory) return;
    if (const auto rest = below(unescaped(fields[3]), path)) directory = unescaped(fields[4]) + *rest;
  });
  return directory;
}

std::set<std::string> words_of(std::string_view text) {
  std::set<std::string> words;
  for_each_piece(text, '\n', [&](std::string_view line) {
    for_each_piece(line, ' ', [&](std::string_view word) { words.emplace(word); });
  });
  return words;
}

std::vector<long> pids_of(std::string_view text) {
  std::vector<long> pids;
  for_each_piece(text, '\n', [&](std::string_view line) {
    if (const auto pid = number_of<long>(line); pid && *pid > 0) pids.push_back(*pid);
  });
  return pids;
}

std::string why_not_delegated(const OwnCgroup& own) {
  if (!own.unusable.empty()) return own.unusable;
  if (own.directory.empty()) return "no cgroup v2 is mounted here";
  if (own.host_root || own.namespace_root || own.marked_delegated || !own.privileged || own.alone) return "";
  return own.directory + " is shared with other processes, and nothing says that it is the agent's";
}

MemoryEvents memory_events(std::string_view text) {
  MemoryEvents events;
  for_each_piece(text, '\n', [&](std::string_view line) {
    const std::size_t space = line.find(' ');
    if (space == nowhere) return;
    const std::uint64_t count = number_of<std::uint64_t>(line.substr(space + 1)).value_or(0);
    if (line.substr(0, space) == "oom") events.oom = count;
    if (line.substr(0, space) == "oom_kill") events.oom_kill = count;
  });
  return events;
}

std::string killed_in_words(const MemoryEvents& before, const MemoryEvents& after, std::optional<std::uint64_t> limit) {
  if (after.oom_kill <= before.oom_kill) return "";
  if (limit && after.oom > before.oom) return "killed by the kernel: " + in_words_bytes(*limit) + " limit";
  return "killed by the kernel: out of memory";
}

}  // namespace vf::supervisor
