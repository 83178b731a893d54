#include "agent/update/trial.h"

#include <unistd.h>

#include <cerrno>

namespace vf::agent {

void Trial::tell(TrialWord word) {
  over_ = true;
  if (!guard_) return;
  const char letter = static_cast<char>(word);
  while (::write(guard_.get(), &letter, 1) < 0 && errno == EINTR) continue;  // a guard that is gone guards nothing
  guard_.reset();
}

}  // namespace vf::agent
