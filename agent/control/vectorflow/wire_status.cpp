#include "agent/control/vectorflow/wire_status.h"

#include <cstdlib>

namespace vf::agent::vectorflow {

using supervisor::ProcessState;

std::string_view wire_status(ProcessState state) {
  switch (state) {
    case ProcessState::waiting:
      return "PENDING";
    case ProcessState::starting:
      return "STARTING";
    case ProcessState::running:
      return "RUNNING";
    case ProcessState::stopping:
      return "STARTING";
    case ProcessState::stopped:
      return "STOPPED";
    case ProcessState::crashed:
      return "CRASHED";
    case ProcessState::crash_loop:
      return "CRASHED";
  }
  std::abort();  // no such state
}

}  // namespace vf::agent::vectorflow
