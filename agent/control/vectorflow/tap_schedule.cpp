#include "agent/control/vectorflow/tap_schedule.h"

#include <algorithm>
#include <utility>

namespace vf::agent::vectorflow {
namespace {

// A 429 that does not say for how long.
constexpr std::chrono::seconds unnamed_pause{10};
constexpr std::chrono::milliseconds news_are_new{10};

}  // namespace

TapSchedule::TapSchedule() : budget_(limits::tap_events) {}

void TapSchedule::add(Id id) {
  taps_.try_emplace(id);
}

void TapSchedule::on_pending(Id id, TimePoint now) {
  const auto found = taps_.find(id);
  if (found == taps_.end()) return;
  found->second.last_news = now;
  if (!found->second.pending_since) found->second.pending_since = now;
}

std::optional<TimePoint> TapSchedule::ready(const Tap& tap, TimePoint now) const {
  if (!tap.pending_since || tap.in_flight) return std::nullopt;
  TimePoint when = std::max({now, tap.not_before, budget_.earliest(now)});
  const bool news = now < tap.last_news + news_are_new;
  if (tap.posted) when = std::max(when, news ? slot_ - slack : slot_ + slack);
  return when;
}

std::optional<TapSchedule::Id> TapSchedule::due(TimePoint now) {
  std::map<Id, Tap>::iterator first = taps_.end();
  for (auto at = taps_.begin(); at != taps_.end(); ++at) {
    const auto when = ready(at->second, now);
    if (!when || *when > now) continue;
    if (first == taps_.end() || *at->second.pending_since < *first->second.pending_since) first = at;
  }
  if (first == taps_.end()) return std::nullopt;
  Tap& tap = first->second;
  tap.in_flight = true;
  tap.pending_since.reset();
  budget_.spend(now);
  const TimePoint next_slot = now - slack + apart;  // a first post takes nobody's turn
  slot_ = std::exchange(tap.posted, true) ? std::max(slot_ + apart, next_slot) : std::max(slot_, next_slot);
  return first->first;
}

std::optional<TimePoint> TapSchedule::next(TimePoint now) const {
  std::optional<TimePoint> first;
  for (const auto& [id, tap] : taps_)
    if (const auto when = ready(tap, now); when && (!first || *when < *first)) first = when;
  return first;
}

void TapSchedule::on_answer(Id id, const Answer& answer, bool more, TimePoint now, double random) {
  if (answer.status == 429 || (answer.status == 503 && answer.retry_after))
    budget_.hold(now, answer.retry_after.value_or(unnamed_pause));
  const auto found = taps_.find(id);
  if (found == taps_.end()) return;
  Tap& tap = found->second;
  tap.in_flight = false;
  if (answer.status == 0 || answer.status >= 500)
    tap.not_before = now + tap.backoff.next(random);
  else
    tap.backoff.reset();
  if (more && !tap.pending_since) tap.pending_since = now;
}

}  // namespace vf::agent::vectorflow
