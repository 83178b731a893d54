#include "supervisor/process/cgroup_facts.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace vf::supervisor;

namespace {

constexpr const char* systemd_host =
    "24 30 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n"
    "35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:10 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* hybrid_host =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "33 31 0:31 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

OwnCgroup own(bool privileged = true) {
  OwnCgroup made;
  made.directory = "/sys/fs/cgroup/system.slice/vf-agent.service";
  made.privileged = privileged;
  made.controllers = {"cpu", "memory"};
  return made;
}

}  // namespace

TEST_CASE("the path in the v2 hierarchy is found on unified and hybrid hosts") {
  CHECK(cgroup_path("0::/system.slice/vf-agent.service\n") == "/system.slice/vf-agent.service");
  CHECK(cgroup_path("9:name=systemd:/\n4:memory:/some/where\n1:cpu:/\n0::/\n") == "/");
  CHECK(cgroup_path("0::/a:b/c d\n") == "/a:b/c d");
  CHECK_FALSE(cgroup_path("9:name=systemd:/init.scope\n4:memory:/\n"));
  CHECK_FALSE(cgroup_path(""));
  CHECK_FALSE(cgroup_path("0::\n"));
  CHECK_FALSE(cgroup_path("10::/x\n"));
}

TEST_CASE("the directory of a cgroup is where a mount of cgroup v2 shows it") {
  CHECK(cgroup_directory(systemd_host, "/system.slice/x.service") == "/sys/fs/cgroup/system.slice/x.service");
  CHECK(cgroup_directory(systemd_host, "/") == "/sys/fs/cgroup");
  CHECK(cgroup_directory(hybrid_host, "/x") == "/sys/fs/cgroup/unified/x");
  // A container that sees its host's paths: the mount begins at its own cgroup.
  const std::string bound = "35 24 0:30 /docker/abc /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n";
  CHECK(cgroup_directory(bound, "/docker/abc") == "/sys/fs/cgroup");
  CHECK(cgroup_directory(bound, "/docker/abc/agent") == "/sys/fs/cgroup/agent");
  CHECK_FALSE(cgroup_directory(bound, "/docker/abcdef"));
  CHECK_FALSE(cgroup_directory(bound, "/docker"));
  CHECK(cgroup_directory("35 24 0:30 / /a\\040b\\134 rw - cgroup2 none rw\n", "/x") == "/a b\\/x");
  CHECK(cgroup_directory(bound + systemd_host, "/x") == "/sys/fs/cgroup/x");
}

TEST_CASE("no directory is found where no mount shows the cgroup") {
  CHECK_FALSE(cgroup_directory("", "/"));
  CHECK_FALSE(cgroup_directory("33 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", "/"));
  CHECK_FALSE(cgroup_directory(systemd_host, "/../other"));  // outside this cgroup namespace
  CHECK_FALSE(cgroup_directory("35 24 0:30 /../.. /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "/"));
  CHECK_FALSE(cgroup_directory("35 24 0:30\n - cgroup2 \nx - cgroup2 cgroup rw", "/"));
}

TEST_CASE("lists of controllers and processes are read whole") {
  CHECK(words_of("cpuset cpu io memory pids\n") == std::set<std::string>{"cpu", "cpuset", "io", "memory", "pids"});
  CHECK(words_of("\n").empty());
  CHECK(pids_of("1\n0\n42\n4194304\n") == std::vector<long>{1, 42, 4194304});
  CHECK(pids_of("").empty());
  CHECK(pids_of("12x\n-3\n").empty());
}

TEST_CASE("root divides only what somebody gave to the agent") {
  CHECK_THAT(why_not_delegated(own()),
             Catch::Contains("/vf-agent.service is shared with other processes, and nothing says"));
  OwnCgroup given = own();
  SECTION("marked by systemd") {
    given.marked_delegated = true;
  }
  SECTION("nobody else in it") {
    given.alone = true;
  }
  SECTION("a container") {
    given.namespace_root = true;
  }
  SECTION("the root of the hierarchy") {
    given.host_root = true;
  }
  SECTION("rights that another account got") {
    given = own(false);
  }
  CHECK(why_not_delegated(given).empty());
}

TEST_CASE("what cannot be written is not delegated, whoever it belongs to") {
  OwnCgroup given = own();
  given.marked_delegated = given.alone = true;
  given.unusable = "cannot write to it: Read-only file system (errno 30)";
  CHECK(why_not_delegated(given) == given.unusable);
  CHECK_THAT(why_not_delegated(OwnCgroup{}), Catch::Contains("no cgroup v2"));
}

TEST_CASE("the counts of kills are read from memory.events") {
  CHECK(memory_events("low 0\nhigh 0\nmax 312\noom 2\noom_kill 3\noom_group_kill 1\n") == MemoryEvents{2, 3});
  CHECK(memory_events("oom_kill 1\n") == MemoryEvents{0, 1});
  CHECK(memory_events("") == MemoryEvents{});
  CHECK(memory_events("oom\noom_kill x\n") == MemoryEvents{});
}

TEST_CASE("a kill for the pipeline's own limit is told with the limit, another one without") {
  const std::uint64_t limit = 512ULL << 20;
  CHECK(killed_in_words({1, 2}, {2, 4}, limit) == "killed by the kernel: 512 MiB limit");
  CHECK(killed_in_words({1, 2}, {1, 3}, limit) == "killed by the kernel: out of memory");
  CHECK(killed_in_words({0, 0}, {1, 1}, std::nullopt) == "killed by the kernel: out of memory");
  CHECK(killed_in_words({1, 2}, {1, 2}, limit).empty());  // a SIGKILL from somebody else
  CHECK(killed_in_words({1, 2}, {2, 2}, limit).empty());  // at the limit, but nobody was killed
}
