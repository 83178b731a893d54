#include "supervisor/port_pairs.h"

namespace vf::supervisor {

std::optional<PortPair> PortPairs::allocate() {
  for (int looked_at = 0; looked_at < 64 && next_ + 1 <= 65535; ++looked_at) {
    const PortPair pair{static_cast<std::uint16_t>(next_), static_cast<std::uint16_t>(next_ + 1)};
    next_ += 2;
    if (usable(pair)) return pair;
    skipped_.push_back(pair);
  }
  return std::nullopt;
}

}  // namespace vf::supervisor
