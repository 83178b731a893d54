#include "agent/control/vectorflow/budget.h"

#include <algorithm>
#include <cassert>

namespace vf::agent::vectorflow {

SlidingBudget::SlidingBudget(std::size_t limit, Duration window) : calls_(limit - kept_back), window_(window) {
  assert(limit > kept_back);
}

TimePoint SlidingBudget::earliest(TimePoint now) const {
  TimePoint at = std::max(now, held_until_);
  if (sent_.size() == calls_) at = std::max(at, sent_.front() + window_);
  return at;
}

void SlidingBudget::spend(TimePoint now) {
  if (sent_.size() == calls_) sent_.pop_front();
  sent_.push_back(now);
}

void SlidingBudget::hold(TimePoint now, Duration pause) {
  if (pause > Duration::zero()) held_until_ = std::max(held_until_, now + std::min(pause, longest_hold));
}

Backoff::Backoff(Duration min, Duration max) : min_(min), max_(max) {
  assert(min > Duration::zero() && min <= max);
  reset();
}

Duration Backoff::next(double random) {
  const Duration floor = std::max(min_, ceiling_ / 2);
  const auto spread = static_cast<double>((ceiling_ - floor).count());
  const Duration pause = floor + Duration(static_cast<Duration::rep>(spread * random));
  ceiling_ = ceiling_ > max_ / 2 ? max_ : ceiling_ * 2;
  return pause;
}

void Backoff::reset() {
  ceiling_ = min_ > max_ / 2 ? max_ : min_ * 2;
}

}  // namespace vf::agent::vectorflow
