// Schedule: which call to the server goes out when. Pure: it is told what happened and answers what to send; time and
// randomness are arguments. The shell (vectorflow_control.h) sends, and asks again at next().
//
// Contract
//   - At most one call of each kind is in flight; whatever asks for it meanwhile is remembered once and served after.
//   - The newest state wins: a call is made from the state at the moment it is sent, so nothing is queued.
//   - A heartbeat follows each regular poll at once, on the same connection; where a poll is slow or stuck heartbeats
//   go
//     on without it. A change is told 0.1 s after it came, at most once a second.
//   - Empty posts are never due.
//   - Rate limits are kept by a SlidingBudget a call, Retry-After by holding it; 401, 402 and 403 slow everything down.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "agent/control/control_plane.h"
#include "agent/control/vectorflow/budget.h"
#include "agent/control/vectorflow/pacer.h"

namespace vf::agent::vectorflow {

/// Posts of tap events have a schedule of their own (tap_schedule.h).
enum class Call { enroll, poll, heartbeat, logs, samples };
inline constexpr std::size_t call_kinds = 5;

/// What came back.
struct Answer {
  int status = 0;  ///< HTTP status, 0: none came
  std::optional<std::chrono::seconds> retry_after;
  std::string reason;  ///< for people, where status is not 200
};

class Schedule {
 public:
  struct Settings {
    std::chrono::milliseconds poll_interval{5000};
    std::chrono::milliseconds log_interval{2000};
  };

  Schedule(Settings settings, bool enrolled, TimePoint now);

  // What happened.
  void on_state_changed(TimePoint now);
  void on_lines(TimePoint now);           ///< log lines wait
  void on_config_changed(TimePoint now);  ///< push said so, or the push stream was (re)opened: it may have been missed
  void on_interval(std::chrono::milliseconds interval, TimePoint now);
  /// While they are held none is due: it is not known yet what a heartbeat must list, and what it leaves out is lost.
  void hold_heartbeats(bool held) { heartbeats_held_ = held; }
  void on_answers_wait(Call call);  ///< samples has something to say
  /// `more`: for logs and samples, whether something waits still.
  void on_answer(Call call, const Answer& answer, bool more, TimePoint now, double random);

  /// What to send now; each is in flight from here on and counted against its budget.
  [[nodiscard]] std::vector<Call> due(TimePoint now);
  /// For the last words at shutdown, which keep no pace: whether one more call may go out now. Counts it if so.
  [[nodiscard]] bool take_last(Call call, TimePoint now);
  /// When to ask again, if nothing happens before.
  [[nodiscard]] std::optional<TimePoint> next(TimePoint now) const;

  /// The worse of what the last poll (or enrolment) and the last heartbeat met.
  [[nodiscard]] const LinkState& link() const {
    return heartbeat_link_.link > poll_link_.link ? heartbeat_link_ : poll_link_;
  }
  [[nodiscard]] std::chrono::milliseconds poll_interval() const { return settings_.poll_interval; }
  [[nodiscard]] bool enrolled() const { return enrolled_; }
  [[nodiscard]] bool in_flight(Call call) const { return at(call).in_flight; }

 private:
  struct Endpoint {
    explicit Endpoint(std::size_t limit, Duration shortest, Duration longest)
        : budget(limit), backoff(shortest, longest) {}
    SlidingBudget budget;
    Backoff backoff;
    bool in_flight = false;
    bool again = false;            // asked for while in flight
    std::optional<TimePoint> due;  // wanted at; empty: not wanted
    TimePoint last_sent = TimePoint::min();
  };
  [[nodiscard]] Endpoint& at(Call call) { return endpoints_[static_cast<std::size_t>(call)]; }
  [[nodiscard]] const Endpoint& at(Call call) const { return endpoints_[static_cast<std::size_t>(call)]; }
  [[nodiscard]] std::optional<TimePoint> ready(Call call, TimePoint now) const;
  [[nodiscard]] bool allowed(Call call) const;
  void want(Call call, TimePoint when);
  void answered_enroll(const Answer& answer, TimePoint now, double random);
  void answered_poll(const Answer& answer, TimePoint now, double random);
  void answered_heartbeat(const Answer& answer, TimePoint now, double random);
  void answered_post(Call call, const Answer& answer, bool more, TimePoint now, double random);
  bool hold_where_asked(Call call, const Answer& answer, TimePoint now);
  void set_link(Call call, const Answer& answer);
  [[nodiscard]] Duration jittered_interval(double random) const;

  Settings settings_;
  bool enrolled_;
  bool heartbeats_held_ = false;
  bool refused_ = false;  // the token is not accepted: only slow polls until one succeeds
  LinkState poll_link_, heartbeat_link_;
  std::optional<TimePoint> lone_heartbeat_;  // due by then even if no poll is answered
  Pacer poll_pacer_, heartbeat_pacer_;
  std::vector<Endpoint> endpoints_;
};

}  // namespace vf::agent::vectorflow
