#include "supervisor/process_state.h"

namespace vf::supervisor {

std::string_view to_string(ProcessState state) {
  switch (state) {
    case ProcessState::waiting:
      return "waiting";
    case ProcessState::starting:
      return "starting";
    case ProcessState::running:
      return "running";
    case ProcessState::stopping:
      return "stopping";
    case ProcessState::stopped:
      return "stopped";
    case ProcessState::crashed:
      return "crashed";
    case ProcessState::crash_loop:
      return "crash loop";
  }
  return "?";
}

}  // namespace vf::supervisor
