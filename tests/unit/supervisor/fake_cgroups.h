// A folder that looks like a mount of cgroup v2, and files that look like /proc/self/cgroup and mountinfo. Files only:
// a directory made in it gets no files by itself, so add() puts them there before.
#pragma once

#include <filesystem>
#include <string>

#include "supervisor/process/cgroup.h"
#include "temp_folder.h"

namespace vf::supervisor::test {

class FakeCgroups {
 public:
  explicit FakeCgroups(const std::string& own_path, const std::string& controllers = "cpu io memory pids")
      : own_path_(own_path) {
    put(folder_ / "mountinfo", "35 24 0:30 / " + folder_.path() + "/mount rw - cgroup2 cgroup2 rw\n");
    put(folder_ / "self", "0::" + own_path + "\n");
    add("");
    std::filesystem::remove(at("/cgroup.type"));  // a real root has none
    add(own_path, controllers);
  }

  /// A cgroup with the files that a real one has.
  void add(const std::string& path, const std::string& controllers = "cpu io memory pids") {
    std::filesystem::create_directories(at(path));
    put(at(path) + "/cgroup.controllers", controllers + "\n");
    put(at(path) + "/cgroup.type", "domain\n");
    for (const char* file :
         {"cgroup.procs", "cgroup.subtree_control", "memory.max", "memory.swap.max", "memory.oom.group", "cpu.max"})
      put(at(path) + "/" + file, "");
    put(at(path) + "/memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n");
  }
  /// What the agent makes below its own, as it will find it: mkdir(2) brings no files here.
  void add_children(const std::string& base) {
    add(base + "/agent");
    add(base + "/pipelines");
  }
  [[nodiscard]] std::string at(const std::string& path) const { return folder_ / "mount" + path; }
  /// Of the agent's own cgroup.
  [[nodiscard]] std::string own(const std::string& below = "") const { return at(own_path_ + below); }
  [[nodiscard]] CgroupSources sources(uid_t user = 0) const { return {folder_ / "self", folder_ / "mountinfo", user}; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return folder_ / name; }

 private:
  TempFolder folder_;
  std::string own_path_;
};

}  // namespace vf::supervisor::test
