#pragma once

#include <time.h>

/// CPU time of this thread in nanoseconds: what the code costs, not what the neighbours on this machine cost.
inline double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}
