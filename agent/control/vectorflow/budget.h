// When the next call to the server may go out: the server's rate limits mirrored on our side, its Retry-After, and the
// pauses between retries. Pure: time and randomness are arguments. One object an endpoint, used on the loop's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

namespace vf::agent::vectorflow {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// Calls that the server accepts in any 60 s (protocol.md, Endpoints). tap-events: all taps together. enroll: one
/// bucket for every agent behind the same address, so keeping it alone does not mean never to see a 429.
namespace limits {
inline constexpr std::size_t config = 30;
inline constexpr std::size_t heartbeat = 30;
inline constexpr std::size_t logs = 60;
inline constexpr std::size_t samples = 60;
inline constexpr std::size_t tap_events = 120;
inline constexpr std::size_t enroll = 10;
}  // namespace limits

/// The server's sliding window, as the sender must see it. A call arrives some unknown time after it was sent, so calls
/// spread over a little more than a window here may arrive within one there: the window is longer by `arrival_spread`,
/// and `kept_back` calls of the limit stay unused (an agent that was just restarted does not know what its last life
/// spent).
class SlidingBudget {
 public:
  static constexpr Duration server_window = std::chrono::seconds(60);
  static constexpr Duration arrival_spread = std::chrono::seconds(3);
  static constexpr std::size_t kept_back = 2;
  static constexpr Duration longest_hold = std::chrono::hours(24);

  /// `limit` is the server's number, above kept_back.
  explicit SlidingBudget(std::size_t limit, Duration window = server_window + arrival_spread);

  /// When the next call may go out: `now`, or the moment after it when there is room again and no hold is left.
  [[nodiscard]] TimePoint earliest(TimePoint now) const;

  /// A call goes out at `now`. Calls that will be retried or fail count like any other.
  void spend(TimePoint now);

  /// The server asked (Retry-After) for nothing to be sent for `pause` from `now` on. The longest of several wins; at
  /// most longest_hold, whatever the server says. A pause of zero or less changes nothing.
  void hold(TimePoint now, Duration pause);

 private:
  std::size_t calls_;  // allowed in a window
  Duration window_;
  std::deque<TimePoint> sent_;  // the last `calls_` calls, oldest first
  TimePoint held_until_ = TimePoint::min();
};

/// Pauses between retries: each drawn from a range that doubles, [min, 2 min), [2 min, 4 min), … up to [max/2, max), so
/// that agents which failed together do not come back together. Needs 0 < min <= max; where max < 2 min the range is
/// [min, max).
class Backoff {
 public:
  Backoff(Duration min, Duration max);

  /// The pause before the next attempt; `random` is uniform in [0, 1).
  [[nodiscard]] Duration next(double random);

  /// An attempt succeeded: the next pause is a short one again.
  void reset();

 private:
  Duration min_, max_;
  Duration ceiling_;  // the end of the next range
};

}  // namespace vf::agent::vectorflow
