// RestartPolicy: when is a Vector that failed started again? Pure: time and randomness are arguments.
#pragma once

#include <chrono>

namespace vf::supervisor {

struct RestartPolicy {
  std::chrono::milliseconds first{1000};         ///< wait after the first failure
  std::chrono::milliseconds longest{60000};      ///< and never longer than this
  std::chrono::milliseconds healthy_for{60000};  ///< health that long forgets all failures
  unsigned crash_loop_after = 3;                 ///< failures in a row that are called a crash loop

  /// Wait before the attempt that follows `failures` failures in a row (>= 1): doubles from `first` to `longest`,
  /// then spread by +-20 % so that many pipelines that fell together do not rise together. `random` is in [0, 1).
  [[nodiscard]] std::chrono::milliseconds delay(unsigned failures, double random) const;
};

}  // namespace vf::supervisor
