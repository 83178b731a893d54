#include "supervisor/restart_policy.h"

#include <algorithm>

namespace vf::supervisor {

std::chrono::milliseconds RestartPolicy::delay(unsigned failures, double random) const {
  const unsigned doublings = std::min(failures > 0 ? failures - 1 : 0U, 16U);  // 2^16 s is past any `longest` in use
  const auto plain = std::min<std::chrono::milliseconds>(first * (1LL << doublings), longest);
  const double spread = 0.8 + 0.4 * random;
  const auto jittered = std::chrono::milliseconds(
      static_cast<std::chrono::milliseconds::rep>(static_cast<double>(plain.count()) * spread));
  return std::min(jittered, longest);
}

}  // namespace vf::supervisor
