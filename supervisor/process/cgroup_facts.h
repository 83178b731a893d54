// What /proc and cgroup v2 files say: which cgroup a process is in, whether the agent may divide its own among the
// pipelines, and what the kernel killed. Pure; cgroup.h reads and writes.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vf::supervisor {

/// The path in the v2 hierarchy, from the text of /proc/<pid>/cgroup: "/system.slice/vf-agent.service". Empty where
/// there is no such hierarchy.
[[nodiscard]] std::optional<std::string> cgroup_path(std::string_view proc_cgroup);

/// The directory of that path, from the text of /proc/<pid>/mountinfo; empty where no mount of cgroup v2 shows it.
[[nodiscard]] std::optional<std::string> cgroup_directory(std::string_view mountinfo, std::string_view path);

/// Words of a file such as cgroup.controllers.
[[nodiscard]] std::set<std::string> words_of(std::string_view text);

/// Process ids of a cgroup.procs, less the 0 that stands for a process outside this pid namespace.
[[nodiscard]] std::vector<long> pids_of(std::string_view text);

/// What was found of the agent's own cgroup.
struct OwnCgroup {
  std::string directory;          ///< "" where there is none, and `unusable` says why
  std::string unusable;           ///< why there is none, or why it cannot be written
  bool host_root = false;         ///< the root of the whole hierarchy, where processes may live beside children
  bool namespace_root = false;    ///< all that a container sees
  bool marked_delegated = false;  ///< systemd's mark on what it delegates
  bool alone = false;             ///< no process but the agent is in it
  bool privileged = false;        ///< root: being able to write is no sign that it was meant
  std::set<std::string> controllers;
};

/// Why the agent may not divide it: "" where it may. It may where somebody gave it away: systemd's mark, rights of an
/// account that is not root, a container, or a cgroup that nobody else is in.
[[nodiscard]] std::string why_not_delegated(const OwnCgroup& own);

/// The counters of memory.events that tell of kills. A kill counts in oom_kill of the process's cgroup whatever the
/// cause; `oom` counts where the cgroup's own limit was the cause.
struct MemoryEvents {
  std::uint64_t oom = 0;
  std::uint64_t oom_kill = 0;
  friend bool operator==(const MemoryEvents&, const MemoryEvents&) = default;
};

[[nodiscard]] MemoryEvents memory_events(std::string_view text);

/// Between two readings of memory.events: "killed by the kernel: 512 MiB limit", or, where it was not that limit,
/// "killed by the kernel: out of memory"; "" where the kernel killed nothing. `limit` is memory.max in bytes.
[[nodiscard]] std::string killed_in_words(const MemoryEvents& before, const MemoryEvents& after,
                                          std::optional<std::uint64_t> limit);

}  // namespace vf::supervisor
