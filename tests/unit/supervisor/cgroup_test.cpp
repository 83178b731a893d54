#include "supervisor/process/cgroup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "fake_cgroups.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;

namespace {

constexpr std::uint64_t mebi = 1024 * 1024;
constexpr const char* service = "/system.slice/vf-agent.service";

ResourceLimits memory_limit() {
  return {512 * mebi, std::nullopt};
}

ResourceLimits both_limits() {
  return {512 * mebi, 50'000};
}

/// A service's cgroup with nobody but this process in it, and what the agent makes there.
struct Delegated : FakeCgroups {
  explicit Delegated(const std::string& path = service, const std::string& controllers = "cpu io memory pids")
      : FakeCgroups(path, controllers) {
    put(own("/cgroup.procs"), std::to_string(::getpid()) + "\n");
    add_children(path);
    add(path + "/pipelines/pipeline-shop");
  }
};

}  // namespace

TEST_CASE("without limits no cgroup is touched or looked at") {
  FakeCgroups tree(service);
  put(tree.own("/cgroup.procs"), std::to_string(::getpid()) + "\n");
  const PipelineCgroups none = PipelineCgroups::set_up({}, {"/nonexistent", "/nonexistent", 0});
  CHECK_FALSE(none.enabled());
  CHECK(none.problem().empty());
  CHECK_FALSE(PipelineCgroups::set_up({}, tree.sources()).enabled());
  CHECK_FALSE(is_there(tree.own("/agent")));
  CHECK(content_of(tree.own("/cgroup.subtree_control")).empty());
}

TEST_CASE("the agent moves into a leaf before it turns controllers on") {
  Delegated tree;
  const PipelineCgroups cgroups = PipelineCgroups::set_up(both_limits(), tree.sources());
  INFO(cgroups.problem());
  REQUIRE(cgroups.enabled());
  CHECK(cgroups.problem().empty());
  CHECK(cgroups.limits() == both_limits());
  CHECK(content_of(tree.own("/agent/cgroup.procs")) == std::to_string(::getpid()));
  CHECK(content_of(tree.own("/cgroup.subtree_control")) == "+memory +cpu");
  CHECK(content_of(tree.own("/pipelines/cgroup.subtree_control")) == "+memory +cpu");
}

TEST_CASE("only the controllers of the limits that are set are turned on") {
  Delegated tree;
  REQUIRE(PipelineCgroups::set_up(memory_limit(), tree.sources()).enabled());
  CHECK(content_of(tree.own("/cgroup.subtree_control")) == "+memory");
}

TEST_CASE("a pipeline's cgroup gets the limits before a process is put in") {
  Delegated tree;
  const PipelineCgroups cgroups = PipelineCgroups::set_up(both_limits(), tree.sources());
  const auto place = cgroups.make_place("shop");
  if (!place) FAIL(place.error().message());
  const std::string own = tree.own("/pipelines/pipeline-shop");
  CHECK(cgroups.directory_of("shop") == own);
  CHECK(content_of(own + "/memory.max") == "536870912");
  CHECK(content_of(own + "/memory.swap.max") == "0");
  CHECK(content_of(own + "/memory.oom.group") == "1");
  CHECK(content_of(own + "/cpu.max") == "50000 100000");
  REQUIRE(::write(place.value().procs.get(), "0", 1) == 1);
  CHECK(content_of(own + "/cgroup.procs") == "0");
}

TEST_CASE("a limit that is not set any more is taken off a cgroup that had it") {
  Delegated tree;
  const std::string own = tree.own("/pipelines/pipeline-shop");
  REQUIRE(PipelineCgroups::set_up({std::nullopt, 50'000}, tree.sources()).make_place("shop"));
  CHECK(content_of(own + "/memory.max") == "max");
  CHECK(content_of(own + "/cpu.max") == "50000 100000");
}

TEST_CASE("a kernel without swap accounting is fine, one without memory.max is not") {
  Delegated tree;
  const std::string own = tree.own("/pipelines/pipeline-shop");
  const PipelineCgroups cgroups = PipelineCgroups::set_up(memory_limit(), tree.sources());
  std::filesystem::remove(own + "/memory.swap.max");
  std::filesystem::remove(own + "/cpu.max");
  CHECK(cgroups.make_place("shop"));
  std::filesystem::remove(own + "/memory.max");
  const auto place = cgroups.make_place("shop");
  REQUIRE_FALSE(place);
  CHECK_THAT(place.error().message(), Catch::Contains(own + "/memory.max"));
}

TEST_CASE("an agent that is started in the leaf of an earlier one divides the same cgroup") {
  for (const bool divided_before : {true, false}) {
    INFO("divided before: " << divided_before);
    const std::string leaf = std::string(service) + "/agent";
    FakeCgroups tree(leaf);
    tree.add(service);
    if (divided_before) {
      tree.add_children(service);
    } else {
      tree.add_children(leaf);
      put(tree.own("/cgroup.procs"), std::to_string(::getpid()) + "\n");
    }
    const PipelineCgroups cgroups = PipelineCgroups::set_up(memory_limit(), tree.sources());
    INFO(cgroups.problem());
    REQUIRE(cgroups.enabled());
    // Without the other folder `agent` is just somebody's name for a cgroup.
    CHECK(cgroups.directory_of("x") == tree.at(divided_before ? service : leaf) + "/pipelines/pipeline-x");
  }
}

TEST_CASE("where other processes share the cgroup and nothing says it is the agent's, nothing is changed") {
  FakeCgroups tree("/user.slice/session-3.scope");
  put(tree.own("/cgroup.procs"), "1\n" + std::to_string(::getpid()) + "\n");
  const PipelineCgroups cgroups = PipelineCgroups::set_up(memory_limit(), tree.sources());
  CHECK_FALSE(cgroups.enabled());
  CHECK_THAT(
      cgroups.problem(),
      Catch::StartsWith("VF_PIPELINE_MEMORY_MAX is set, but this host does not delegate cgroup v2 to the agent (") &&
          Catch::Contains("session-3.scope is shared with other processes") &&
          Catch::Contains("): pipelines run without this limit.") && Catch::Contains("Delegate=yes"));
  CHECK_FALSE(is_there(tree.own("/agent")));
  CHECK(content_of(tree.own("/cgroup.subtree_control")).empty());
}

TEST_CASE("what is missing for limits is said in one sentence") {
  SECTION("no cgroup v2") {
    const auto cgroups = PipelineCgroups::set_up(both_limits(), {"/nonexistent", "/nonexistent", 0});
    CHECK_FALSE(cgroups.enabled());
    CHECK_THAT(cgroups.problem(),
               Catch::StartsWith("VF_PIPELINE_MEMORY_MAX and VF_PIPELINE_CPU_MAX are set") &&
                   Catch::Contains("(no cgroup v2 is mounted here): pipelines run without these limits"));
  }
  SECTION("no mount that shows it") {
    FakeCgroups tree(service);
    put(tree / "mountinfo", "");
    const auto cgroups = PipelineCgroups::set_up(memory_limit(), tree.sources());
    CHECK_FALSE(cgroups.enabled());
    CHECK_THAT(cgroups.problem(),
               Catch::Contains("no mount of cgroup v2 shows the agent's own, " + std::string(service)));
  }
  SECTION("no controller") {
    Delegated tree(service, "hugetlb");
    const auto cgroups = PipelineCgroups::set_up(both_limits(), tree.sources());
    CHECK_FALSE(cgroups.enabled());
    CHECK_THAT(cgroups.problem(), Catch::Contains(tree.own() + " has no memory and no cpu controller"));
    CHECK(content_of(tree.own("/cgroup.subtree_control")).empty());
  }
  SECTION("one controller of two: the other limit is kept") {
    Delegated tree(service, "memory pids");
    const auto cgroups = PipelineCgroups::set_up(both_limits(), tree.sources());
    CHECK(cgroups.enabled());
    CHECK(cgroups.limits() == memory_limit());
    CHECK_THAT(cgroups.problem(), Catch::StartsWith("VF_PIPELINE_CPU_MAX is set") &&
                                      Catch::Contains("has no cpu controller") &&
                                      Catch::Contains("pipelines run without this limit"));
    CHECK(content_of(tree.own("/cgroup.subtree_control")) == "+memory");
  }
  SECTION("the kernel refuses") {
    Delegated tree;
    std::filesystem::remove(tree.own("/pipelines/cgroup.subtree_control"));
    const auto cgroups = PipelineCgroups::set_up(memory_limit(), tree.sources());
    CHECK_FALSE(cgroups.enabled());
    CHECK_FALSE(cgroups.limits().any());
    CHECK_THAT(cgroups.problem(), Catch::Contains("pipelines/cgroup.subtree_control: No such file or directory"));
  }
}

TEST_CASE("a cgroup that the agent cannot write is not delegated to it") {
  if (::geteuid() != 0) {
    WARN("skipped: takes root, which may become nobody");
    return;
  }
  Delegated tree;
  REQUIRE(::chmod((tree / ".").c_str(), 0755) == 0);
  for (const char* file : {"self", "mountinfo"}) REQUIRE(::chmod((tree / file).c_str(), 0644) == 0);
  PipelineCgroups cgroups;
  {
    const WithoutPrivileges nobody;
    cgroups = PipelineCgroups::set_up(memory_limit(), {tree / "self", tree / "mountinfo", std::nullopt});
  }
  CHECK_FALSE(cgroups.enabled());
  CHECK_THAT(cgroups.problem(), Catch::Contains("cannot write to " + tree.own() + ": Permission denied"));
}

TEST_CASE("a kill by the kernel is told from other kills by the counts before and after") {
  Delegated tree;
  const std::string own = tree.own("/pipelines/pipeline-shop");
  put(own + "/memory.events", "max 7\noom 1\noom_kill 1\n");
  const PipelineCgroups cgroups = PipelineCgroups::set_up(memory_limit(), tree.sources());
  const auto place = cgroups.make_place("shop");
  REQUIRE(place);
  CHECK(place.value().before == MemoryEvents{1, 1});
  CHECK(cgroups.killed("shop", place.value().before).empty());
  put(own + "/memory.events", "max 9\noom 2\noom_kill 2\n");
  CHECK(cgroups.killed("shop", place.value().before) == "killed by the kernel: 512 MiB limit");
  put(own + "/memory.max", "1073741824\n");  // as an earlier agent wrote it
  CHECK(cgroups.killed("shop", place.value().before) == "killed by the kernel: 1 GiB limit");
  put(own + "/memory.max", "max\n");
  CHECK(cgroups.killed("shop", place.value().before) == "killed by the kernel: out of memory");
  CHECK(cgroups.killed("another", {}).empty());
}

TEST_CASE("a process that outlived its agent is found in its pipeline's cgroup by name") {
  Delegated tree;
  put(tree.own("/pipelines/pipeline-shop/cgroup.procs"), "4711\n4712\n");
  const PipelineCgroups cgroups = PipelineCgroups::set_up(memory_limit(), tree.sources());
  CHECK(cgroups.holds("shop", 4711));
  CHECK_FALSE(cgroups.holds("shop", 471));
  CHECK_FALSE(cgroups.holds("another", 4711));
  CHECK(cgroups.events("shop") == MemoryEvents{});
  CHECK_FALSE(cgroups.events("another"));
}

TEST_CASE("the cgroups of pipelines that are gone are removed, busy ones later") {
  FakeCgroups tree(service);
  put(tree.own("/cgroup.procs"), std::to_string(::getpid()) + "\n");
  tree.add_children(service);
  // rmdir(2) takes a real cgroup with its files; of these folders only an empty one.
  for (const char* name : {"gone", "wanted", "busy"})
    std::filesystem::create_directories(tree.own("/pipelines/pipeline-") + name);
  std::filesystem::create_directories(tree.own("/pipelines/somebody-elses"));
  put(tree.own("/pipelines/pipeline-busy/cgroup.procs"), "1\n");
  const PipelineCgroups cgroups = PipelineCgroups::set_up(memory_limit(), tree.sources());
  REQUIRE(cgroups.enabled());
  CHECK(cgroups.remove_unused({"wanted"}) == 1);
  CHECK_FALSE(is_there(tree.own("/pipelines/pipeline-gone")));
  CHECK(is_there(tree.own("/pipelines/pipeline-wanted")));
  CHECK(is_there(tree.own("/pipelines/somebody-elses")));
  std::filesystem::remove(tree.own("/pipelines/pipeline-busy/cgroup.procs"));
  CHECK(cgroups.remove_unused({"wanted"}) == 0);
  CHECK_FALSE(is_there(tree.own("/pipelines/pipeline-busy")));
  CHECK(cgroups.remove("wanted"));
  CHECK(cgroups.remove("wanted"));  // one that is not there is no error
  CHECK_FALSE(is_there(tree.own("/pipelines/pipeline-wanted")));
}
