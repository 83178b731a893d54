// Pacer: spreads calls that changes ask for. A short burst goes out at once, one after the other; a long one settles at
// a pace the server's sliding limit can bear for ever. Pure.
#pragma once

#include <algorithm>
#include <chrono>

#include "agent/control/vectorflow/budget.h"

namespace vf::agent::vectorflow {

/// With the numbers below any 60 s hold at most 5 + 22 calls: under the 28 that a limit of 30 leaves us.
class Pacer {
 public:
  static constexpr double burst = 5;
  static constexpr Duration refill = std::chrono::milliseconds(2700);  ///< one call more in each of these
  static constexpr Duration apart = std::chrono::seconds(1);           ///< two calls are never closer than this

  [[nodiscard]] TimePoint earliest(TimePoint now) const {
    const double tokens = tokens_at(now);
    TimePoint at = now;
    if (tokens < 1) at += std::chrono::duration_cast<Duration>((1 - tokens) * refill);
    return sent_once_ ? std::max(at, last_ + apart) : at;
  }

  void spend(TimePoint now) {
    tokens_ = std::max(0.0, tokens_at(now) - 1);
    last_ = now;
    sent_once_ = true;
  }

 private:
  [[nodiscard]] double tokens_at(TimePoint now) const {
    if (!sent_once_) return burst;
    const auto passed = std::chrono::duration<double>(now - last_) / std::chrono::duration<double>(refill);
    return std::min(burst, tokens_ + passed);
  }

  double tokens_ = burst;
  TimePoint last_{};
  bool sent_once_ = false;
};

}  // namespace vf::agent::vectorflow
