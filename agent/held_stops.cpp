#include "agent/held_stops.h"

#include <string>
#include <vector>

#include "agent/counted.h"

namespace vf::agent {

void HeldStops::hold(supervisor::DesiredState& desired, std::chrono::milliseconds interval) {
  const std::vector<std::string> stops = keeper_.absent_from(desired);
  const bool held = guard_.holds();
  const std::string question = "stop " + counted(stops.size(), "pipeline") + " of " + std::to_string(keeper_.size()) +
                               " at once, more than " + std::to_string(guard_.most()) + " (VF_MASS_STOP_GUARD)";
  switch (guard_.judge(stops.size(), std::chrono::steady_clock::now(), interval / 2)) {
    case MassStopGuard::Verdict::do_it:
      if (held && stops.size() > guard_.most())
        log_.warn("the control plane still wants to " + question + ": stopping them");
      else if (held)
        log_.info("the control plane does not want to stop so many pipelines any more");
      wish_.reset();
      return;
    case MassStopGuard::Verdict::hold:
      log_.warn("the control plane wants to " + question + ": they run on until it has said so for " +
                std::to_string(MassStopGuard::polls_held) + " more polls");
      break;
    case MassStopGuard::Verdict::holding:
      break;
  }
  wish_ = desired;
  desired.keep.insert(desired.keep.end(), stops.begin(), stops.end());
}

}  // namespace vf::agent
