#include "agent/control/directory/scan_schedule.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace vf::agent {

void ScanSchedule::ask(TimePoint now) {
  if (!asked_) asked_ = now;
}

void ScanSchedule::changed(TimePoint now) {
  if (!first_change_) first_change_ = now;
  last_change_ = now;
  changed_meanwhile_ = running_;
}

std::optional<ScanSchedule::TimePoint> ScanSchedule::next() const {
  if (running_) return std::nullopt;
  if (first_change_) return std::min(last_change_ + quiet_, *first_change_ + patience_);
  return asked_;
}

void ScanSchedule::started(TimePoint now) {
  assert(!running_);
  running_ = true;
  changed_meanwhile_ = false;
  patient_ = !first_change_ || now < *first_change_ + patience_;
  scanned_change_ = std::exchange(first_change_, std::nullopt);
  asked_.reset();
}

bool ScanSchedule::finished() {
  assert(running_);
  running_ = false;
  const bool holds = !changed_meanwhile_ || !patient_;
  // Patience is counted from the change that still waits, not anew.
  if (!holds && scanned_change_) first_change_ = scanned_change_;
  return holds;
}

}  // namespace vf::agent
