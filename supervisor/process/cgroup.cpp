#include "supervisor/process/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <vector>

#include "supervisor/atomic_file.h"

namespace vf::supervisor {
namespace {

constexpr const char* leaf = "/agent";
constexpr const char* pipelines = "/pipelines";
constexpr std::string_view prefix = "pipeline-";  // a bare name could be one of the kernel's own: "memory.max"
constexpr std::size_t longest_file = 1U << 20;

bool is_there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

/// One write(2), as the kernel wants it; nothing is created.
Status write_control(const std::string& path, const std::string& text) {
  const UniqueDescriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file) return system_error("open " + path, errno);
  if (::write(file.get(), text.data(), text.size()) < 0) return system_error("write " + text + " to " + path, errno);
  return success();
}

/// As write_control; a file that this kernel does not have is no error.
Status write_where_there(const std::string& path, const std::string& text) {
  Status written = write_control(path, text);
  return !written && written.error().code == ENOENT ? success() : written;
}

Status make_cgroup(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return system_error("create cgroup " + path, errno);
  return success();
}

std::string text_of(const std::string& path) {
  auto text = read_file(path, longest_file);
  return text ? std::move(text).value() : std::string();
}

/// systemd puts it on what it delegates: trusted.* for who may read that, user.* for everybody (from 251 on).
bool is_marked_delegated(const std::string& directory) {
  for (const char* name : {"user.delegate", "trusted.delegate"}) {
    char value[2] = {};
    if (::getxattr(directory.c_str(), name, value, sizeof value) == 1 && value[0] == '1') return true;
  }
  return false;
}

/// What an earlier agent divided, or systemd's DelegateSubgroup=agent: then it is the parent that is the agent's.
std::optional<std::string> parent_of_leaf(const std::string& directory) {
  if (!directory.ends_with(leaf)) return std::nullopt;
  const std::string parent = directory.substr(0, directory.size() - std::string_view(leaf).size());
  if (is_there(parent + pipelines) || is_marked_delegated(parent)) return parent;
  return std::nullopt;
}

std::string why_not_writable(const std::string& directory) {
  for (const char* file : {"", "/cgroup.procs", "/cgroup.subtree_control"})
    if (::faccessat(AT_FDCWD, (directory + file).c_str(), W_OK, AT_EACCESS) != 0)
      return system_error("write to " + directory + file, errno).message();
  return "";
}

OwnCgroup look(const CgroupSources& sources) {
  OwnCgroup own;
  own.privileged = sources.user.value_or(::geteuid()) == 0;
  const auto path = cgroup_path(text_of(sources.self_cgroup));
  if (!path) return own;
  const auto directory = cgroup_directory(text_of(sources.mountinfo), *path);
  if (!directory) {
    own.unusable = "no mount of cgroup v2 shows the agent's own, " + *path;
    return own;
  }
  const auto parent = parent_of_leaf(*directory);
  own.directory = parent.value_or(*directory);
  own.marked_delegated = parent || is_marked_delegated(own.directory);
  own.host_root = !is_there(own.directory + "/cgroup.type");  // the one cgroup that has no type
  own.namespace_root = *path == "/";
  own.unusable = why_not_writable(own.directory);
  const std::vector<long> pids = pids_of(text_of(own.directory + "/cgroup.procs"));
  own.alone = std::all_of(pids.begin(), pids.end(), [](long pid) { return pid == ::getpid(); });
  own.controllers = words_of(text_of(own.directory + "/cgroup.controllers"));
  return own;
}

/// Moves whatever is in `base` into its leaf.
Status vacate(const std::string& base) {
  if (Status made = make_cgroup(base + leaf); !made) return made;
  for (const long pid : pids_of(text_of(base + "/cgroup.procs"))) {
    Status moved = write_control(base + leaf + "/cgroup.procs", std::to_string(pid));
    if (!moved && moved.error().code != ESRCH) return moved;  // that one has ended meanwhile
  }
  return success();
}

Status divide(const OwnCgroup& own, const std::vector<std::string>& controllers) {
  std::string wanted;
  for (const std::string& controller : controllers) wanted += (wanted.empty() ? "+" : " +") + controller;
  Status turned_on = success();
  // Again where a process was forked into it meanwhile.
  for (int round = 0; round < 10; ++round) {
    if (!own.host_root)
      if (Status vacated = vacate(own.directory); !vacated) return vacated;
    turned_on = write_control(own.directory + "/cgroup.subtree_control", wanted);
    if (turned_on || turned_on.error().code != EBUSY) break;
  }
  if (!turned_on) return turned_on;
  if (Status made = make_cgroup(own.directory + pipelines); !made) return made;
  return write_control(own.directory + pipelines + "/cgroup.subtree_control", wanted);
}

std::string problem_of(bool memory, bool cpu, const std::string& why) {
  const std::string options = std::string(memory ? "VF_PIPELINE_MEMORY_MAX" : "") + (memory && cpu ? " and " : "") +
                              (cpu ? "VF_PIPELINE_CPU_MAX" : "");
  const bool both = memory && cpu;
  return options + (both ? " are" : " is") + " set, but this host does not delegate cgroup v2 to the agent (" + why +
         "): pipelines run without " + (both ? "these limits" : "this limit") +
         ". A systemd unit needs Delegate=yes and ProtectControlGroups=no, a container a writable /sys/fs/cgroup";
}

std::optional<std::uint64_t> limit_in(const std::string& directory) {
  const auto words = words_of(text_of(directory + "/memory.max"));
  if (words.size() != 1) return std::nullopt;
  std::uint64_t bytes = 0;
  const std::string& word = *words.begin();
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), bytes);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;  // "max"
  return bytes;
}

}  // namespace

PipelineCgroups PipelineCgroups::set_up(const ResourceLimits& limits, const CgroupSources& sources) {
  PipelineCgroups made;
  if (!limits.any()) return made;
  const OwnCgroup own = look(sources);
  const std::string why = why_not_delegated(own);
  if (!why.empty()) {
    made.problem_ = problem_of(limits.memory_bytes.has_value(), limits.cpu_microseconds.has_value(), why);
    return made;
  }
  made.limits_ = limits;
  if (!own.controllers.contains("memory")) made.limits_.memory_bytes.reset();
  if (!own.controllers.contains("cpu")) made.limits_.cpu_microseconds.reset();
  const bool no_memory = limits.memory_bytes && !made.limits_.memory_bytes;
  const bool no_cpu = limits.cpu_microseconds && !made.limits_.cpu_microseconds;
  if (no_memory || no_cpu)
    made.problem_ = problem_of(no_memory, no_cpu,
                               own.directory + " has no " + (no_memory ? "memory" : "") +
                                   (no_memory && no_cpu ? " and no " : "") + (no_cpu ? "cpu" : "") + " controller");
  if (!made.limits_.any()) return made;
  std::vector<std::string> controllers;
  if (made.limits_.memory_bytes) controllers.emplace_back("memory");
  if (made.limits_.cpu_microseconds) controllers.emplace_back("cpu");
  if (const Status divided = divide(own, controllers); !divided) {
    made.limits_ = {};
    made.problem_ =
        problem_of(limits.memory_bytes.has_value(), limits.cpu_microseconds.has_value(), divided.error().message());
    return made;
  }
  made.base_ = own.directory;
  return made;
}

std::string PipelineCgroups::directory_of(const std::string& name) const {
  return base_ + pipelines + "/" + std::string(prefix) + name;
}

Result<CgroupPlace> PipelineCgroups::make_place(const std::string& name) const {
  const std::string directory = directory_of(name);
  if (Status made = make_cgroup(directory); !made) return made.error();
  if (limits_.memory_bytes) {
    // All of the pipeline or none of it: a Vector without the helper that it started is worse than a restart. No swap:
    // a limit that only makes everything slow would never be told.
    for (const auto& [file, text] : {std::pair{"/memory.oom.group", "1"}, std::pair{"/memory.swap.max", "0"}})
      if (Status put = write_where_there(directory + file, text); !put) return put.error();
    if (Status put = write_control(directory + "/memory.max", std::to_string(*limits_.memory_bytes)); !put)
      return put.error();
  } else if (Status put = write_where_there(directory + "/memory.max", "max"); !put) {
    return put.error();  // an earlier agent may have had a limit
  }
  if (limits_.cpu_microseconds) {
    if (Status put = write_control(directory + "/cpu.max", cpu_max(*limits_.cpu_microseconds)); !put)
      return put.error();
  } else if (Status put = write_where_there(directory + "/cpu.max", "max"); !put) {
    return put.error();
  }
  const std::string procs = directory + "/cgroup.procs";
  CgroupPlace place{UniqueDescriptor(::open(procs.c_str(), O_WRONLY | O_CLOEXEC)),
                    events(name).value_or(MemoryEvents{})};
  if (!place.procs) return system_error("open " + procs, errno);
  return place;
}

std::optional<MemoryEvents> PipelineCgroups::events(const std::string& name) const {
  const auto text = read_file(directory_of(name) + "/memory.events", longest_file);
  if (!text) return std::nullopt;
  return memory_events(text.value());
}

std::string PipelineCgroups::killed(const std::string& name, const MemoryEvents& before) const {
  const auto after = events(name);
  return after ? killed_in_words(before, *after, limit_in(directory_of(name))) : "";
}

bool PipelineCgroups::holds(const std::string& name, pid_t pid) const {
  const std::vector<long> pids = pids_of(text_of(directory_of(name) + "/cgroup.procs"));
  return std::find(pids.begin(), pids.end(), static_cast<long>(pid)) != pids.end();
}

Status PipelineCgroups::remove(const std::string& name) const {
  const std::string directory = directory_of(name);
  if (::rmdir(directory.c_str()) != 0 && errno != ENOENT) return system_error("remove cgroup " + directory, errno);
  return success();
}

std::size_t PipelineCgroups::remove_unused(const std::set<std::string>& names) const {
  std::size_t busy = 0;
  std::vector<std::string> unused;
  std::error_code failed;
  for (auto entry = std::filesystem::directory_iterator(base_ + pipelines, failed);
       !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    const std::string file = entry->path().filename().string();
    if (file.starts_with(prefix) && !names.contains(file.substr(prefix.size())))
      unused.push_back(file.substr(prefix.size()));
  }
  for (const std::string& name : unused)
    if (!remove(name)) ++busy;
  return busy;
}

}  // namespace vf::supervisor
