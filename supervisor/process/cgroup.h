// PipelineCgroups: a cgroup (v2) with limits for each pipeline, where the agent may divide its own:
//
//   <own>/agent                        the agent and its helpers: a cgroup that has children may hold no process itself
//   <own>/pipelines/pipeline-<name>    one pipeline's Vector and what it starts; memory.max, cpu.max
//
// A child is put in before its exec by writing "0" to the descriptor of make_place(). Everything is found again by
// name: a Vector that outlived its agent stays where it is, and the next agent, started in the same cgroup, reads the
// same files. It changes nothing after set_up(), so any thread may call; each call reads or writes a few small files of
// the kernel's, and make_place() and remove() may take some milliseconds: on a worker.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "supervisor/process/cgroup_facts.h"
#include "supervisor/process/unique_descriptor.h"
#include "supervisor/resource_limits.h"
#include "supervisor/result.h"

namespace vf::supervisor {

/// Where the facts are read; tests name others.
struct CgroupSources {
  std::string self_cgroup = "/proc/self/cgroup";
  std::string mountinfo = "/proc/self/mountinfo";
  std::optional<uid_t> user;  ///< instead of the effective one
};

/// Where one process is put, and what the kernel had killed there before.
struct CgroupPlace {
  UniqueDescriptor procs;  ///< cgroup.procs, close-on-exec: the child writes "0" between fork and exec
  MemoryEvents before;
};

class PipelineCgroups {
 public:
  /// No limits, nothing to do: no cgroup is touched or even looked at.
  PipelineCgroups() = default;

  /// Once, at start, before there are children. With limits it moves all processes of the agent's cgroup to `agent` and
  /// turns the controllers on; where that may not or cannot be, problem() says it and pipelines run without.
  [[nodiscard]] static PipelineCgroups set_up(const ResourceLimits& limits, const CgroupSources& sources = {});

  /// Whether pipelines get cgroups.
  [[nodiscard]] bool enabled() const { return !base_.empty(); }
  /// One sentence for the operator where a limit that was asked for cannot be kept, else "".
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// The limits that are kept: those asked for, less what the problem is about.
  [[nodiscard]] const ResourceLimits& limits() const { return limits_; }

  // `name` below is file_name_of(id). Only where enabled().

  /// Makes the pipeline's cgroup where it is missing and writes its limits. Before each start of a process.
  [[nodiscard]] Result<CgroupPlace> make_place(const std::string& name) const;
  /// Counts of the pipeline's cgroup; empty where it has none (or no memory controller). For a Vector taken over from
  /// an earlier agent: the `before` of its place.
  [[nodiscard]] std::optional<MemoryEvents> events(const std::string& name) const;
  /// After an exit by SIGKILL: "killed by the kernel: 512 MiB limit", or "" where the kernel did not. The limit is the
  /// one that the cgroup has, which an earlier agent may have written.
  [[nodiscard]] std::string killed(const std::string& name, const MemoryEvents& before) const;
  /// Whether this process is in the pipeline's cgroup.
  [[nodiscard]] bool holds(const std::string& name, pid_t pid) const;
  /// Removes the cgroup of a pipeline that is gone; one that is not there is no error. Code EBUSY: something in it
  /// lives on; try again later, or leave it to remove_unused().
  [[nodiscard]] Status remove(const std::string& name) const;
  /// Removes the cgroups of all pipelines but these. Returns how many of them are still busy.
  [[nodiscard]] std::size_t remove_unused(const std::set<std::string>& names) const;

  [[nodiscard]] std::string directory_of(const std::string& name) const;

 private:
  std::string base_;  // "" where there are no cgroups for pipelines
  ResourceLimits limits_;
  std::string problem_;
};

}  // namespace vf::supervisor
