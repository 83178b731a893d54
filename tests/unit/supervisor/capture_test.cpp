#include "supervisor/process/capture.h"

#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <optional>

#include "processes.h"
#include "temp_folder.h"
#include "test_loop.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;
using namespace std::chrono_literals;

namespace {

struct Outcome {
  std::optional<vf::Result<Captured>> result;
  int times = 0;
};

Command shell(const std::string& script) {
  return {"/bin/sh", {"-c", script}, {{"PATH", "/usr/bin:/bin"}}, -1, -1};
}

/// Captures and waits for the answer.
Outcome captured(TestLoop& loop, Command command, std::chrono::milliseconds deadline = 60s, std::size_t limit = 4096) {
  Outcome outcome;
  capture(loop.context(), std::move(command), deadline, limit, [&](vf::Result<Captured> result) {
    outcome.result.emplace(std::move(result));
    ++outcome.times;
  });
  CHECK(outcome.times == 0);  // never from inside the call
  REQUIRE(loop.until([&] { return outcome.times > 0; }));
  return outcome;
}

}  // namespace

TEST_CASE("what a command prints comes back with its exit code, both streams in order") {
  TestLoop loop;
  const Outcome outcome = captured(loop, shell("echo out; echo err >&2; printf end; exit 7"));
  REQUIRE(outcome.result->ok());
  CHECK(outcome.result->value().output == "out\nerr\nend");
  CHECK(outcome.result->value().status == ExitStatus{7, 0});
}

TEST_CASE("a command that prints nothing is done when it ends") {
  TestLoop loop;
  const Outcome outcome = captured(loop, {"/bin/true", {}, {}, -1, -1});
  REQUIRE(outcome.result->ok());
  CHECK(outcome.result->value().output.empty());
  CHECK(outcome.result->value().status == ExitStatus{0, 0});
}

TEST_CASE("output beyond the limit is read and thrown away") {
  TestLoop loop;
  // Far more than a pipe holds: were it not read, the command would never end.
  const Outcome outcome =
      captured(loop, shell("printf head; head -c 1000000 /dev/zero | tr '\\0' x; echo >&2"), 60s, 10);
  REQUIRE(outcome.result->ok());
  CHECK(outcome.result->value().output == "headxxxxxx");
  CHECK(outcome.result->value().status == ExitStatus{0, 0});
}

TEST_CASE("a command that does not end in time is killed, with all it started") {
  TestLoop loop;
  const TempFolder folder;
  const std::string script = "sleep 1000 & echo $! > " + (folder / "pid") + "; trap '' TERM; wait; wait";
  const auto begin = std::chrono::steady_clock::now();
  const Outcome outcome = captured(loop, shell(script), 300ms);
  CHECK(std::chrono::steady_clock::now() - begin >= 300ms);
  REQUIRE_FALSE(outcome.result->ok());
  CHECK(outcome.result->error().message() == "cannot run /bin/sh: no answer in time; it was killed");
  CHECK(outcome.result->error().code == ETIMEDOUT);
  const std::string pid = content_of(folder / "pid");
  if (!pid.empty()) CHECK(loop.until([&] { return !is_alive(std::stoi(pid)); }));
  CHECK(loop.until([] { return ::waitpid(-1, nullptr, WNOHANG) == -1; }));  // and no zombie stays
  CHECK(outcome.times == 1);
}

TEST_CASE("a program that does not exist is told on the loop") {
  TestLoop loop;
  const Outcome outcome = captured(loop, {"/nonexistent/vector", {"--version"}, {}, -1, -1});
  REQUIRE_FALSE(outcome.result->ok());
  CHECK(outcome.result->error().message() == "cannot start /nonexistent/vector: No such file or directory (errno 2)");
}

TEST_CASE("a grandchild that keeps the output open does not hold the answer back") {
  TestLoop loop;
  const Outcome outcome = captured(loop, shell("sleep 1000 & echo $!; exit 4"));
  REQUIRE(outcome.result->ok());
  CHECK(outcome.result->value().status == ExitStatus{4, 0});
  const pid_t grandchild = std::stoi(outcome.result->value().output);
  CHECK(is_alive(grandchild));
  ::kill(grandchild, SIGKILL);
}

TEST_CASE("output that ends long before the command does not end it") {
  TestLoop loop;
  const TempFolder folder;
  const Outcome outcome = captured(loop, shell("echo early; exec >&- 2>&-; sleep 0.2; exit 5"));
  REQUIRE(outcome.result->ok());
  CHECK(outcome.result->value().output == "early\n");
  CHECK(outcome.result->value().status == ExitStatus{5, 0});
}

TEST_CASE("captures run side by side") {
  TestLoop loop;
  std::set<std::string> outputs;
  for (int i = 0; i < 10; ++i)
    capture(loop.context(), shell("echo " + std::to_string(i)), 60s, 100, [&](const vf::Result<Captured>& result) {
      REQUIRE(result);
      CHECK(outputs.insert(result.value().output).second);
    });
  CHECK(loop.until([&] { return outputs.size() == 10; }));
}
