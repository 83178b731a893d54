#include "agent/control/vectorflow/schedule.h"

#include <algorithm>
#include <utility>

namespace vf::agent::vectorflow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A change is rarely alone (stopping, starting, running): wait this long for its company.
constexpr milliseconds settle{100};
constexpr seconds between_changes{1};
// A heartbeat that waits for a poll's answer waits no longer than this; the server calls a node unreachable after 45 s.
constexpr seconds poll_patience{2};
// After 401, 402, 403: a person must act, and each call costs the server a token hash.
constexpr seconds refused_pause{60};
constexpr seconds enroll_refused_pause{300};
// A 429 that does not say for how long.
constexpr seconds unnamed_pause{10};
// Between two log posts where the first one was refused and its halves are tried.
constexpr milliseconds bisect_pause{1050};
// A server that asks for more than this has not stumbled: somebody switched us off (a suspended organisation).
constexpr seconds long_hold{3600};

bool is_refusal(int status) {
  return status == 401 || status == 402 || status == 403;
}

}  // namespace

Schedule::Schedule(Settings settings, bool enrolled, TimePoint now) : settings_(settings), enrolled_(enrolled) {
  endpoints_.reserve(call_kinds);
  endpoints_.emplace_back(limits::enroll, seconds(2), seconds(120));
  endpoints_.emplace_back(limits::config, seconds(1), seconds(15));
  endpoints_.emplace_back(limits::heartbeat, seconds(1), seconds(15));
  endpoints_.emplace_back(limits::logs, seconds(2), seconds(30));
  endpoints_.emplace_back(limits::samples, seconds(1), seconds(15));
  want(enrolled_ ? Call::poll : Call::enroll, now);
}

void Schedule::want(Call call, TimePoint when) {
  Endpoint& endpoint = at(call);
  if (endpoint.in_flight) {
    endpoint.again = true;
    return;
  }
  endpoint.due = endpoint.due ? std::min(*endpoint.due, when) : when;
}

void Schedule::on_state_changed(TimePoint now) {
  const Endpoint& heartbeat = at(Call::heartbeat);
  TimePoint when = now + settle;
  if (heartbeat.last_sent != TimePoint::min()) when = std::max(when, heartbeat.last_sent + between_changes);
  want(Call::heartbeat, when);
}

void Schedule::on_lines(TimePoint now) {
  Endpoint& logs = at(Call::logs);
  if (logs.in_flight || logs.due) return;  // called for every line: nothing to add
  // What has just begun to flow is let gather for an interval, the next posts keep that pace.
  want(Call::logs, std::max(now, logs.last_sent == TimePoint::min() ? now : logs.last_sent + settings_.log_interval));
}

void Schedule::on_config_changed(TimePoint now) {
  want(Call::poll, now);
}

void Schedule::on_interval(milliseconds interval, TimePoint now) {
  if (interval == settings_.poll_interval) return;
  settings_.poll_interval = interval;
  Endpoint& poll = at(Call::poll);
  if (!poll.in_flight && poll.last_sent != TimePoint::min()) poll.due = std::max(now, poll.last_sent + interval);
}

void Schedule::on_answers_wait(Call call) {
  want(call, TimePoint::min());
}

bool Schedule::allowed(Call call) const {
  if (call == Call::enroll) return !enrolled_;
  if (call == Call::heartbeat && heartbeats_held_) return false;
  return enrolled_ && (call == Call::poll || !refused_);
}

std::optional<TimePoint> Schedule::ready(Call call, TimePoint now) const {
  const Endpoint& endpoint = at(call);
  std::optional<TimePoint> due = endpoint.due;
  if (call == Call::heartbeat && lone_heartbeat_ && (!due || *lone_heartbeat_ < *due)) due = lone_heartbeat_;
  if (!due || endpoint.in_flight || !allowed(call)) return std::nullopt;
  TimePoint when = std::max(*due, endpoint.budget.earliest(now));
  if (call == Call::poll) when = std::max(when, poll_pacer_.earliest(now));
  if (call == Call::heartbeat) when = std::max(when, heartbeat_pacer_.earliest(now));
  return when;
}

std::vector<Call> Schedule::due(TimePoint now) {
  std::vector<Call> calls;
  for (std::size_t kind = 0; kind < call_kinds; ++kind) {
    const auto call = static_cast<Call>(kind);
    const auto when = ready(call, now);
    if (!when || *when > now) continue;
    Endpoint& endpoint = at(call);
    endpoint.in_flight = true;
    endpoint.due.reset();
    endpoint.again = false;
    endpoint.last_sent = now;
    endpoint.budget.spend(now);
    if (call == Call::poll) {
      poll_pacer_.spend(now);
      // Should this first poll get stuck, a heartbeat goes out by itself.
      if (!lone_heartbeat_) lone_heartbeat_ = now + poll_patience;
    }
    if (call == Call::heartbeat) {
      heartbeat_pacer_.spend(now);
      lone_heartbeat_ = now + settings_.poll_interval + poll_patience;
    }
    calls.push_back(call);
  }
  return calls;
}

bool Schedule::take_last(Call call, TimePoint now) {
  Endpoint& endpoint = at(call);
  if (!allowed(call) || endpoint.budget.earliest(now) > now) return false;
  endpoint.budget.spend(now);
  return true;
}

std::optional<TimePoint> Schedule::next(TimePoint now) const {
  std::optional<TimePoint> first;
  for (std::size_t kind = 0; kind < call_kinds; ++kind)
    if (const auto when = ready(static_cast<Call>(kind), now); when && (!first || *when < *first)) first = when;
  return first;
}

Duration Schedule::jittered_interval(double random) const {
  // A fleet that was started together must not call together for ever.
  const double spread = 0.95 + 0.1 * random;
  return std::chrono::duration_cast<Duration>(settings_.poll_interval * spread);
}

bool Schedule::hold_where_asked(Call call, const Answer& answer, TimePoint now) {
  if (answer.status != 429 && !(answer.status == 503 && answer.retry_after)) return false;
  at(call).budget.hold(now, answer.retry_after.value_or(unnamed_pause));
  return true;
}

void Schedule::set_link(Call call, const Answer& answer) {
  LinkState& link = call == Call::heartbeat ? heartbeat_link_ : poll_link_;
  if (answer.status == 200) {
    link = {Link::connected, ""};
  } else if (is_refusal(answer.status) ||
             (answer.status == 503 && answer.retry_after && *answer.retry_after >= long_hold)) {
    link = {Link::refused, answer.reason};
  } else {
    link = {Link::degraded, answer.reason};
  }
}

void Schedule::on_answer(Call call, const Answer& answer, bool more, TimePoint now, double random) {
  at(call).in_flight = false;
  switch (call) {
    case Call::enroll:
      return answered_enroll(answer, now, random);
    case Call::poll:
      return answered_poll(answer, now, random);
    case Call::heartbeat:
      return answered_heartbeat(answer, now, random);
    case Call::logs:
    case Call::samples:
      return answered_post(call, answer, more, now, random);
  }
}

void Schedule::answered_enroll(const Answer& answer, TimePoint now, double random) {
  set_link(Call::enroll, answer);
  if (answer.status == 200) {
    enrolled_ = true;
    at(Call::enroll).due.reset();
    want(Call::poll, now);
    return;
  }
  Endpoint& enroll = at(Call::enroll);
  hold_where_asked(Call::enroll, answer, now);
  const bool down = answer.status == 0 || answer.status >= 500 || answer.status == 429;
  want(Call::enroll, now + (down ? enroll.backoff.next(random)
                                 : std::chrono::duration_cast<Duration>(enroll_refused_pause * (0.9 + 0.2 * random))));
}

void Schedule::answered_poll(const Answer& answer, TimePoint now, double random) {
  Endpoint& poll = at(Call::poll);
  const bool again = std::exchange(poll.again, false);
  set_link(Call::poll, answer);
  refused_ = is_refusal(answer.status);
  if (refused_) {
    want(Call::poll, now + refused_pause);
    return;
  }
  TimePoint regular = std::max(now, poll.last_sent + jittered_interval(random));
  if (answer.status == 200) {
    poll.backoff.reset();
  } else if (!hold_where_asked(Call::poll, answer, now)) {
    regular = std::min(regular, now + poll.backoff.next(random));
  }
  want(Call::poll, again ? now : regular);
  // Only a regular poll is followed by a heartbeat at once: what a pushed change brings is told when it has happened.
  const Endpoint& heartbeat = at(Call::heartbeat);
  if (heartbeat.last_sent == TimePoint::min() || now >= heartbeat.last_sent + settings_.poll_interval * 4 / 5)
    want(Call::heartbeat, now);
}

void Schedule::answered_heartbeat(const Answer& answer, TimePoint now, double random) {
  Endpoint& heartbeat = at(Call::heartbeat);
  const bool again = std::exchange(heartbeat.again, false);
  set_link(Call::heartbeat, answer);
  if (is_refusal(answer.status)) {
    refused_ = true;
    if (!at(Call::poll).in_flight) at(Call::poll).due = now + refused_pause;
    return;
  }
  if (answer.status == 200) {
    heartbeat.backoff.reset();
  } else if (hold_where_asked(Call::heartbeat, answer, now)) {
    want(Call::heartbeat, now);  // as soon as that is over
  } else if (answer.status != 400) {
    want(Call::heartbeat, now + heartbeat.backoff.next(random));
  }
  if (again) want(Call::heartbeat, std::max(now, heartbeat.last_sent + between_changes));
}

void Schedule::answered_post(Call call, const Answer& answer, bool more, TimePoint now, double random) {
  Endpoint& endpoint = at(call);
  const bool again = std::exchange(endpoint.again, false);
  if (answer.status == 200) {
    endpoint.backoff.reset();
    const Duration pause = call == Call::logs ? Duration(settings_.log_interval) : Duration::zero();
    if (more || again) want(call, endpoint.last_sent + pause);
    return;
  }
  if (!more && !again) return;
  const bool ours = answer.status == 400 || answer.status == 403 || answer.status == 413;  // another batch may do
  if (hold_where_asked(call, answer, now))
    want(call, now);
  else
    want(call, now + (ours ? Duration(bisect_pause) : endpoint.backoff.next(random)));
}

}  // namespace vf::agent::vectorflow
