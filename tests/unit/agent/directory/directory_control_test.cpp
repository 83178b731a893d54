// The shell on real folders: the loop is turned until what was promised has happened, or 20 s have passed.
#include "agent/control/directory/directory_control.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <deque>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/agent/directory/temp_folder.h"

using namespace std::chrono_literals;
using namespace vf::agent;
using Catch::Matchers::Contains;
using vf::agent::test::TempFolder;
using vf::supervisor::DesiredState;
using vf::supervisor::PipelineSpec;

namespace {

const std::string kYaml = "sources: {}\n";
constexpr auto kNever = 1h;  // a rescan that a test does not live to see: what happens is inotify's doing

class Recorder final : public ControlPlaneListener {
 public:
  void on_desired(DesiredState desired) override { wanted.push_back(std::move(desired)); }
  void on_restart_requested(const std::string&) override { FAIL("a folder never asks for that"); }
  void on_refused(const std::string& id, const std::string& reason) override {
    refusals.push_back({id, reason});
    if (on_refusal) on_refusal();
  }
  void on_still_desired() override { ++confirmations; }
  void on_update_offered(const UpdateOrder&) override { FAIL("a folder never asks for that"); }
  void on_link(const LinkState& state) override { links.push_back(state); }

  /// What is wanted of one pipeline now; null where it is not.
  [[nodiscard]] const PipelineSpec* now(const std::string& id) const {
    if (wanted.empty()) return nullptr;
    for (const PipelineSpec& spec : wanted.back().pipelines) {
      if (spec.id == id) return &spec;
    }
    return nullptr;
  }
  [[nodiscard]] bool wants(const std::string& id, const std::string& yaml) const {
    return now(id) != nullptr && now(id)->config_yaml == yaml;
  }
  [[nodiscard]] std::size_t calls() const { return wanted.size() + refusals.size() + links.size(); }

  std::vector<DesiredState> wanted;
  std::vector<std::pair<std::string, std::string>> refusals;
  std::vector<LinkState> links;
  int confirmations = 0;
  std::function<void()> on_refusal;
};

/// Turns the loop until `holds`; false where it never does.
template <typename Condition>
[[nodiscard]] bool turn_until(boost::asio::io_context& loop, Condition holds) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    loop.run_one_for(100ms);
  }
  return true;
}

/// A control plane with a loop and a real worker.
class Running {
 public:
  explicit Running(const std::string& folder, DirectoryTiming timing = {20ms, 500ms, kNever})
      : control_(std::make_unique<DirectoryControl>(
            loop, folder, [this](std::function<void()> job) { boost::asio::post(workers_, std::move(job)); }, heard,
            [this](const std::string& line) { remarks.push_back(line); }, timing)) {
    control_->start();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    control_.reset();
    workers_.join();
  }

  template <typename Condition>
  [[nodiscard]] bool until(Condition holds) {
    return turn_until(loop, holds);
  }

  DirectoryControl& control() { return *control_; }

  boost::asio::io_context loop;
  Recorder heard;
  std::vector<std::string> remarks;

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop.get_executor()};
  boost::asio::thread_pool workers_{1};
  std::unique_ptr<DirectoryControl> control_;
};

}  // namespace

TEST_CASE("a folder's pipelines are wanted from the start, and the link is connected") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  folder.write("b.yaml", "b: 1\n");
  folder.write("b.env", "K=v\n");
  Running running(folder.path());
  REQUIRE(running.until([&] { return !running.heard.wanted.empty(); }));
  CHECK(running.heard.links == std::vector<LinkState>{{Link::connected, ""}});
  CHECK(running.heard.wants("a", kYaml));
  CHECK(running.heard.now("a")->version == 1);
  CHECK(running.heard.now("b")->secrets.at("K") == "v");
}

TEST_CASE("a file that is made, written, replaced or removed is heard of by inotify") {
  const TempFolder folder;
  Running running(folder.path());
  REQUIRE(running.until([&] { return !running.heard.wanted.empty(); }));
  CHECK(running.heard.now("a") == nullptr);

  folder.write("a.yaml", kYaml);
  REQUIRE(running.until([&] { return running.heard.wants("a", kYaml); }));
  folder.write("a.yaml", "a: 2\n");
  REQUIRE(running.until([&] { return running.heard.wants("a", "a: 2\n"); }));
  CHECK(running.heard.now("a")->version == 2);
  folder.replace("a.yaml", "a: 3\n");
  REQUIRE(running.until([&] { return running.heard.wants("a", "a: 3\n"); }));
  folder.write("a.env", "K=v\n");
  REQUIRE(running.until([&] { return running.heard.now("a")->secrets.contains("K"); }));
  folder.remove("a.env");
  REQUIRE(running.until([&] { return running.heard.now("a")->secrets.empty(); }));
  folder.remove("a.yaml");
  REQUIRE(running.until([&] { return running.heard.now("a") == nullptr; }));
}

TEST_CASE("a change of permissions alone is heard of") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  folder.write("a.env", "K=v\n", 0644);
  Running running(folder.path());
  REQUIRE(running.until([&] { return running.heard.refusals.size() == 1; }));
  CHECK_THAT(running.heard.refusals[0].second, Contains("chmod 600"));
  REQUIRE(::chmod((folder / "a.env").c_str(), 0600) == 0);
  REQUIRE(running.until([&] { return running.heard.now("a") != nullptr; }));
  REQUIRE(running.until([&] { return running.heard.refusals.size() == 2; }));
  CHECK(running.heard.refusals[1] == std::pair<std::string, std::string>{"a", ""});
}

TEST_CASE("a file that does not parse keeps the last good one, says why, and is taken when it is good again") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  Running running(folder.path());
  REQUIRE(running.until([&] { return running.heard.wants("a", kYaml); }));
  folder.write("a.yaml", "a: [1\n");
  REQUIRE(running.until([&] { return running.heard.refusals.size() == 1; }));
  CHECK(running.heard.refusals[0].first == "a");
  CHECK_THAT(running.heard.refusals[0].second, Contains(folder / "a.yaml:"));
  CHECK(running.heard.wants("a", kYaml));
  CHECK(running.heard.wanted.size() == 1);
  folder.write("a.yaml", "a: [1]\n");
  REQUIRE(running.until([&] { return running.heard.refusals.size() == 2; }));
  CHECK(running.heard.wants("a", "a: [1]\n"));
  CHECK(running.heard.refusals[1].second.empty());
}

TEST_CASE("a file that is truncated and written in pieces is seen whole") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  Running running(folder.path(), {300ms, 20s, kNever});
  REQUIRE(running.until([&] { return running.heard.wants("a", kYaml); }));
  std::ofstream stream(folder / "a.yaml");
  for (int i = 0; i < 20; ++i) {
    stream << "key" << i << ": 1\n" << std::flush;
    running.loop.poll();  // the loop hears of each piece
  }
  stream.close();
  REQUIRE(running.until([&] { return !running.heard.wants("a", kYaml); }));
  CHECK_THAT(running.heard.now("a")->config_yaml, Contains("key19"));
  CHECK(running.heard.wanted.size() == 2);
  CHECK(running.heard.refusals.empty());
}

TEST_CASE("a ConfigMap that kubelet swaps is heard of, file by file unchanged") {
  const TempFolder folder;
  folder.make_folder("..1");
  folder.write("..1/a.yaml", kYaml);
  folder.link("..data", "..1");
  folder.link("a.yaml", "..data/a.yaml");
  Running running(folder.path());
  REQUIRE(running.until([&] { return running.heard.wants("a", kYaml); }));
  folder.make_folder("..2");
  folder.write("..2/a.yaml", "a: 2\n");
  folder.relink("..data", "..2");
  REQUIRE(running.until([&] { return running.heard.wants("a", "a: 2\n"); }));
  CHECK(running.heard.refusals.empty());
}

TEST_CASE("a folder that is missing at start is degraded, not created, and taken when somebody makes it") {
  const TempFolder above;
  Running running(above / "pipelines");
  REQUIRE(running.until([&] { return !running.heard.links.empty(); }));
  CHECK(running.heard.links[0].link == Link::degraded);
  CHECK_THAT(running.heard.links[0].reason, Contains("No such file or directory"));
  CHECK_THAT(running.heard.links[0].reason, Contains("does not create it"));
  CHECK(running.heard.wanted.empty());
  CHECK(running.remarks.empty());
  CHECK_FALSE(std::filesystem::exists(above / "pipelines"));

  above.make_folder("pipelines");
  above.write("pipelines/a.yaml", kYaml);
  REQUIRE(running.until([&] { return running.heard.wants("a", kYaml); }));
  CHECK(running.heard.links.back() == LinkState{Link::connected, ""});
}

TEST_CASE("a folder that is removed keeps everything wanted, and is watched again when it is back") {
  const TempFolder above;
  above.make_folder("pipelines");
  above.write("pipelines/a.yaml", kYaml);
  Running running(above / "pipelines");
  REQUIRE(running.until([&] { return running.heard.wants("a", kYaml); }));
  above.remove("pipelines");
  REQUIRE(running.until([&] { return running.heard.links.back().link == Link::degraded; }));
  CHECK(running.heard.wants("a", kYaml));
  above.make_folder("pipelines");
  above.write("pipelines/a.yaml", "a: 2\n");
  REQUIRE(running.until([&] { return running.heard.wants("a", "a: 2\n"); }));
  above.write("pipelines/a.yaml", "a: 3\n");  // heard in the folder that was not there before
  REQUIRE(running.until([&] { return running.heard.wants("a", "a: 3\n"); }));
}

TEST_CASE("a folder that is moved away and replaced by another is heard of at once") {
  const TempFolder above;
  above.make_folder("pipelines");
  above.write("pipelines/a.yaml", kYaml);
  above.make_folder("other");
  above.write("other/a.yaml", "a: 2\n");
  Running running(above / "pipelines");
  REQUIRE(running.until([&] { return running.heard.wants("a", kYaml); }));
  std::filesystem::rename(above / "pipelines", above / "old");
  std::filesystem::rename(above / "other", above / "pipelines");
  REQUIRE(running.until([&] { return running.heard.wants("a", "a: 2\n"); }));
  above.write("pipelines/a.yaml", "a: 3\n");
  REQUIRE(running.until([&] { return running.heard.wants("a", "a: 3\n"); }));
}

TEST_CASE("a folder that is a link is followed where it leads next") {
  const TempFolder above;
  above.make_folder("rev1");
  above.write("rev1/a.yaml", kYaml);
  above.make_folder("rev2");
  above.write("rev2/a.yaml", "a: 2\n");
  above.link("current", "rev1");
  Running running(above / "current");
  REQUIRE(running.until([&] { return running.heard.wants("a", kYaml); }));
  above.relink("current", "rev2");
  REQUIRE(running.until([&] { return running.heard.wants("a", "a: 2\n"); }));
  above.write("rev2/a.yaml", "a: 3\n");
  REQUIRE(running.until([&] { return running.heard.wants("a", "a: 3\n"); }));
}

TEST_CASE("what inotify does not hear of is found by the rescan") {
  const TempFolder folder, elsewhere;
  elsewhere.write("x", kYaml);
  folder.link("a.yaml", elsewhere / "x");
  Running running(folder.path(), {10ms, 500ms, 50ms});
  REQUIRE(running.until([&] { return running.heard.wants("a", kYaml); }));
  elsewhere.write("x", "a: 2\n");
  REQUIRE(running.until([&] { return running.heard.wants("a", "a: 2\n"); }));
}

TEST_CASE("without inotify a folder is rescanned, and that is said once") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  boost::asio::io_context loop;
  const auto work = boost::asio::make_work_guard(loop);
  Recorder heard;
  std::vector<std::string> remarks;
  DirectoryControl control(
      loop, folder.path(), [](const std::function<void()>& job) { job(); }, heard,
      [&](const std::string& line) { remarks.push_back(line); }, {1ms, 500ms, 20ms});
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit none{0, limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  control.start();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);

  REQUIRE(turn_until(loop, [&] { return heard.wants("a", kYaml); }));
  folder.write("a.yaml", "a: 2\n");
  REQUIRE(turn_until(loop, [&] { return heard.wants("a", "a: 2\n"); }));
  CHECK(heard.links == std::vector<LinkState>{{Link::connected, ""}});
  REQUIRE(remarks.size() == 1);
  CHECK_THAT(remarks[0], Contains("with inotify: Too many open files") && Contains("found by looking every"));
}

TEST_CASE("a file that is not used is remarked upon once, by its full name") {
  const TempFolder folder;
  folder.write("a.yml", kYaml);
  Running running(folder.path());
  REQUIRE(running.until([&] { return !running.remarks.empty(); }));
  folder.write("b.yaml", kYaml);
  REQUIRE(running.until([&] { return running.heard.wants("b", kYaml); }));
  CHECK(running.remarks == std::vector<std::string>{(folder / "a.yml") + " is not used: rename it to a.yaml"});
}

TEST_CASE("what does not change is told once, however often it is looked at") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  folder.write("bad.yaml", "");
  Running running(folder.path(), {1ms, 500ms, 5ms});
  REQUIRE(running.until([&] { return running.heard.calls() == 3; }));  // link, wanted, refused
  folder.write("c.yaml", kYaml);
  REQUIRE(running.until([&] { return running.heard.wants("c", kYaml); }));
  CHECK(running.heard.calls() == 4);
  CHECK(running.until([&] { return running.heard.confirmations >= 3; }));  // but each look says that it is still so
  CHECK(running.heard.calls() == 4);
}

TEST_CASE("the loop does no file work, and at most one scan is with the worker") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  boost::asio::io_context loop;
  const auto work = boost::asio::make_work_guard(loop);
  Recorder heard;
  std::deque<std::function<void()>> jobs;
  std::size_t handed_over = 0;
  DirectoryControl control(
      loop, folder.path(),
      [&](std::function<void()> job) {
        jobs.push_back(std::move(job));
        ++handed_over;
      },
      heard, [](const std::string&) {}, {1ms, 1ms, 1ms});
  control.start();
  REQUIRE(turn_until(loop, [&] { return !jobs.empty(); }));
  for (int i = 0; i < 50; ++i) {  // rescans are asked for meanwhile
    folder.write("a.yaml", "a: " + std::to_string(i) + "\n");
    loop.run_one_for(5ms);
  }
  CHECK(handed_over == 1);
  CHECK(heard.calls() == 0);

  std::size_t most_at_once = 0;
  REQUIRE(turn_until(loop, [&] {
    most_at_once = std::max(most_at_once, jobs.size());
    if (!jobs.empty()) {
      auto job = std::move(jobs.front());
      jobs.pop_front();
      std::thread(job).join();
    }
    return heard.wants("a", "a: 49\n");
  }));
  CHECK(most_at_once == 1);
}

TEST_CASE("no call follows shutdown, not even of a scan that is under way") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  boost::asio::io_context loop;
  Recorder heard;
  std::vector<std::function<void()>> jobs;
  DirectoryControl control(
      loop, folder.path(), [&](std::function<void()> job) { jobs.push_back(std::move(job)); }, heard,
      [](const std::string&) {}, {1ms, 1ms, 1ms});
  control.start();
  REQUIRE(turn_until(loop, [&] { return !jobs.empty(); }));
  int done = 0;
  control.shut_down([&] { ++done; });
  CHECK(done == 0);  // from the loop, not from within the call
  jobs[0]();
  folder.write("a.yaml", "a: 2\n");
  loop.run_for(5s);  // ends by itself: nothing is left to wait for
  CHECK(loop.stopped());
  CHECK(done == 1);
  CHECK(jobs.size() == 1);
  CHECK(heard.calls() == 0);
}

TEST_CASE("it may be destroyed while a scan is under way") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  boost::asio::io_context loop;
  Recorder heard;
  std::vector<std::function<void()>> jobs;
  auto control = std::make_unique<DirectoryControl>(
      loop, folder.path(), [&](std::function<void()> job) { jobs.push_back(std::move(job)); }, heard,
      [](const std::string&) {}, DirectoryTiming{1ms, 1ms, 1ms});
  control->start();
  REQUIRE(turn_until(loop, [&] { return !jobs.empty(); }));
  control.reset();
  jobs[0]();
  loop.restart();
  loop.run_for(5s);
  CHECK(heard.calls() == 0);
}

TEST_CASE("a listener may shut it down from within a call") {
  const TempFolder folder;
  folder.write("a.yaml", "");
  folder.write("b.yaml", "");
  Running running(folder.path());
  bool done = false;
  running.heard.on_refusal = [&] { running.control().shut_down([&] { done = true; }); };
  REQUIRE(running.until([&] { return done; }));
  CHECK(running.heard.refusals.size() == 1);
}
