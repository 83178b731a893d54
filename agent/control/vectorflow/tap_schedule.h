// TapSchedule: which tap may post when. Pure: time and randomness are arguments.
//
// Contract
//   - All taps together keep one pace that the server's sliding limit bears for ever: 63 s hold 116 posts. Who has
//   waited
//     longest posts next, so that three busy taps post every 1.6 s each and one alone every 0.55 s.
//   - The first post of a tap does not wait for that pace, as long as the limit has room.
//   - At most one post of a tap is in flight: their order holds, whatever the network does.
//   - A 429 holds all taps for as long as the server says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "agent/control/vectorflow/budget.h"
#include "agent/control/vectorflow/schedule.h"

namespace vf::agent::vectorflow {

class TapSchedule {
 public:
  using Id = std::uint64_t;
  static constexpr Duration apart = std::chrono::milliseconds(545);
  static constexpr Duration slack = std::chrono::milliseconds(50);  ///< half of what is between two prints of a tap

  TapSchedule();

  void add(Id id);
  void remove(Id id) { taps_.erase(id); }
  /// It has something more to post. Cheap to say again.
  void on_pending(Id id, TimePoint now);
  /// From when on news lead to a post at once.
  [[nodiscard]] TimePoint early() const { return slot_ - slack; }

  /// Who posts now; it is in flight from here on. To be asked until nobody is left.
  [[nodiscard]] std::optional<Id> due(TimePoint now);
  /// When to ask again, if nothing happens before.
  [[nodiscard]] std::optional<TimePoint> next(TimePoint now) const;

  /// `more`: something is left to post, or what was posted has to be posted again.
  void on_answer(Id id, const Answer& answer, bool more, TimePoint now, double random);

 private:
  struct Tap {
    std::optional<TimePoint> pending_since;
    TimePoint last_news = TimePoint::min();
    TimePoint not_before = TimePoint::min();  // after a post that failed
    bool in_flight = false;
    bool posted = false;  // once at least
    Backoff backoff{std::chrono::seconds(1), std::chrono::seconds(8)};
  };
  struct Turn {
    std::optional<Id> id;
    TimePoint when{};
  };
  [[nodiscard]] Turn next_turn(TimePoint now) const;

  std::map<Id, Tap> taps_;
  SlidingBudget budget_;
  TimePoint slot_{};  // when the next post is to go out that is not the first one of its tap
};

}  // namespace vf::agent::vectorflow
