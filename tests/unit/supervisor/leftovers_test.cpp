#include "supervisor/leftovers.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "processes.h"
#include "supervisor/process/child.h"
#include "temp_folder.h"
#include "test_loop.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;

namespace {

/// A process with these arguments that stays until the test ends.
class Process {
 public:
  Process(TestLoop& loop, std::vector<std::string> arguments, std::map<std::string, std::string> environment = {})
      : loop_(loop) {
    arguments.insert(arguments.begin(), {"-c", "read line < /dev/zero; :", "vector"});
    auto started = Child::start(loop.context(), {"/bin/sh", std::move(arguments), std::move(environment), -1, -1},
                                [this](ExitStatus) { ended_ = true; });
    REQUIRE(started);
    child_ = std::move(started).value();
  }
  ~Process() {
    child_->kill_group();
    if (!loop_.until([this] { return ended_; })) std::abort();
  }
  [[nodiscard]] pid_t pid() const { return child_->pid(); }

 private:
  TestLoop& loop_;
  std::unique_ptr<Child> child_;
  bool ended_ = false;
};

}  // namespace

TEST_CASE("a Vector that was started on this data directory is found, with its configuration") {
  TestLoop loop;
  const TempFolder folder;
  const std::string data = folder / "data";
  const std::string config = data + "/pipelines/p.yaml";
  const Process vector(loop, {"--config", config, "--config", config + ".vf-metrics.yaml"});
  const Process elsewhere(loop, {"--config", data + "2/pipelines/p.yaml"});
  const Process validating(loop, {"validate", config});
  const Process named(loop, {"--config" + config, "x--config", config});
  const Process other_file(loop, {"--config", "/etc/vector/vector.yaml"});
  const auto found = find_leftovers(data);
  REQUIRE(found.size() == 1);
  CHECK(found[0].pid == vector.pid());
  CHECK(found[0].config == config);
}

TEST_CASE("where no Vector was left there is none to find") {
  const TempFolder folder;
  CHECK(find_leftovers(folder.path()).empty());
}

TEST_CASE("the taps of an agent that was killed are found, and those of other agents are not") {
  TestLoop loop;
  const TempFolder folder;
  const std::string data = folder / "data";
  const Process tap(loop, {"tap"}, {{"A", "1"}, {tap_variable, data}});
  const Process elsewhere(loop, {"tap"}, {{tap_variable, data + "2"}});
  const Process another(loop, {"tap"}, {{"X", std::string(tap_variable) + "=" + data}});
  CHECK(find_stray_taps(data) == std::vector<pid_t>{tap.pid()});
}
