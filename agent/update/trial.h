// Trial: the first seconds of a program image that took over from another in the same process. Pure judgement, and the
// word to the guard that waits for it (guard.h).
#pragma once

#include "agent/control/control_plane.h"
#include "agent/update/guard.h"
#include "supervisor/process/unique_descriptor.h"

namespace vf::agent {

class Trial {
 public:
  static constexpr unsigned turns_wanted = 5;

  /// Without a descriptor there is no guard, and the trial only tells.
  Trial(supervisor::UniqueDescriptor guard, bool was_connected)
      : guard_(std::move(guard)), was_connected_(was_connected) {}

  /// One turn of the loop, some time after the last. True once, when it is healthy: the loop turns, the state is read,
  /// and the control plane is reached, or was as little before.
  [[nodiscard]] bool turn(bool state_is_read, Link link) {
    ++turns_;
    if (over_ || turns_ < turns_wanted || !state_is_read || (was_connected_ && link != Link::connected)) return false;
    over_ = true;
    return true;
  }
  [[nodiscard]] bool over() const { return over_; }

  /// Tells the guard, which ends then. Does not block: the pipe is empty.
  void tell(TrialWord word);

 private:
  supervisor::UniqueDescriptor guard_;
  const bool was_connected_;
  unsigned turns_ = 0;
  bool over_ = false;
};

}  // namespace vf::agent
