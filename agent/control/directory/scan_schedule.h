// When a folder is scanned, and whether what a scan saw can be believed. Pure: time comes in.
// Invariants: one scan at a time; a change is followed by a scan that began after it.
#pragma once

#include <chrono>
#include <optional>

namespace vf::agent {

class ScanSchedule {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  /// A scan begins when the folder was quiet for `quiet`, so that a file is seen when it is written to its end; a
  /// folder that never is, `patience` after its first change.
  ScanSchedule(Duration quiet, Duration patience) : quiet_(quiet), patience_(patience) {}

  /// A scan is wanted, without anything known to have changed.
  void ask(TimePoint now);
  /// Something changed in the folder.
  void changed(TimePoint now);

  /// When the next scan begins; nothing while one runs or where none is wanted.
  [[nodiscard]] std::optional<TimePoint> next() const;

  void started(TimePoint now);
  /// Whether what the scan saw holds. It does not where the folder changed meanwhile, as half a change may have been
  /// seen; another scan is due then. After `patience` it holds all the same.
  [[nodiscard]] bool finished();

 private:
  Duration quiet_;
  Duration patience_;
  std::optional<TimePoint> asked_;         // since when a scan is wanted that ask() called for
  std::optional<TimePoint> first_change_;  // since when a change waits for a scan that can be believed
  TimePoint last_change_{};
  std::optional<TimePoint> scanned_change_;  // first_change_ of the scan that runs
  bool running_ = false;
  bool patient_ = true;  // the scan that runs began before patience ended
  bool changed_meanwhile_ = false;
};

}  // namespace vf::agent
