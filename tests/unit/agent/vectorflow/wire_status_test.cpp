#include "agent/control/vectorflow/wire_status.h"

#include <catch2/catch.hpp>

namespace vf::agent::vectorflow {

using supervisor::ProcessState;

TEST_CASE("every state of ours is one of the wire's five words") {
  CHECK(wire_status(ProcessState::waiting) == "PENDING");
  CHECK(wire_status(ProcessState::starting) == "STARTING");
  CHECK(wire_status(ProcessState::running) == "RUNNING");
  CHECK(wire_status(ProcessState::stopped) == "STOPPED");
  CHECK(wire_status(ProcessState::crashed) == "CRASHED");
}

TEST_CASE("a crash loop is CRASHED on the wire") {
  CHECK(wire_status(ProcessState::crash_loop) == "CRASHED");
}

TEST_CASE("a pipeline that is being replaced is not shown as paused") {
  CHECK(wire_status(ProcessState::stopping) == "STARTING");
}

}  // namespace vf::agent::vectorflow
