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

/// A first post and one that failed go by themselves; of the others it is the turn of who has waited longest.
TapSchedule::Turn TapSchedule::next_turn(TimePoint now) const {
  const TimePoint allowed = std::max(now, budget_.earliest(now));
  Turn turn;
  const auto consider = [&](Id id, TimePoint when) {
    if (!turn.id || when < turn.when) turn = {id, std::max(when, allowed)};
  };
  std::optional<Id> longest;
  for (const auto& [id, tap] : taps_) {
    if (!tap.pending_since || tap.in_flight) continue;
    if (!tap.posted)
      consider(id, now);
    else if (tap.not_before > now)
      consider(id, std::max(tap.not_before, slot_ + slack));
    else if (!longest || *tap.pending_since < *taps_.at(*longest).pending_since)
      longest = id;
  }
  if (longest) {
    const bool news = now < taps_.at(*longest).last_news + news_are_new;
    consider(*longest, news ? slot_ - slack : slot_ + slack);
  }
  return turn;
}

std::optional<TapSchedule::Id> TapSchedule::due(TimePoint now) {
  const Turn turn = next_turn(now);
  if (!turn.id || turn.when > now) return std::nullopt;
  Tap& tap = taps_.at(*turn.id);
  tap.in_flight = true;
  tap.pending_since.reset();
  budget_.spend(now);
  const TimePoint next_slot = now - slack + apart;  // a first post takes nobody's turn
  slot_ = std::exchange(tap.posted, true) ? std::max(slot_ + apart, next_slot) : std::max(slot_, next_slot);
  return turn.id;
}

std::optional<TimePoint> TapSchedule::next(TimePoint now) const {
  const Turn turn = next_turn(now);
  if (!turn.id) return std::nullopt;
  return turn.when;
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
