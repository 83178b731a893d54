#include "logbuf/log_shipper.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <utility>

namespace vf::logbuf {
namespace {

constexpr std::uint64_t kHealthy = 0;
constexpr std::uint64_t kRetired = 1;
constexpr std::uint64_t kFirstDivided = 2;

// A limit that a 413 taught is tested again now and then, since who set it (a proxy, say) may have been put right.
constexpr int kFullDeliveriesToGrow = 32;

}  // namespace

LogShipper::LogShipper(LogShipperLimits limits)
    : limits_(limits), body_limit_(limits.max_body_bytes), next_company_(kFirstDivided) {
  assert(limits.max_lines >= 2 && limits.max_body_bytes >= 1);
}

void LogShipper::add(const std::string& pipeline_id, std::shared_ptr<const LogRing> ring) {
  Pipeline& pipeline = pipelines_[pipeline_id];
  pipeline.feed.follow(std::move(ring));
  if (!pipeline.retired) return;
  pipeline.retired = false;
  pipeline.quarantined_until = TimePoint::min();
  pipeline.company = pipeline.company == kRetired ? kHealthy : next_company_++;
}

void LogShipper::retire(const std::string& pipeline_id) {
  const auto found = pipelines_.find(pipeline_id);
  if (found == pipelines_.end() || found->second.retired) return;
  Pipeline& pipeline = found->second;
  pipeline.retired = true;
  pipeline.company = kRetired;
  // Its last words may say why it was removed: worth one more try.
  pipeline.quarantine = {};
  pipeline.quarantined_until = TimePoint::min();
  forget_finished();
}

std::optional<std::uint64_t> LogShipper::cursor(const std::string& pipeline_id) const {
  const auto found = pipelines_.find(pipeline_id);
  if (found == pipelines_.end()) return std::nullopt;
  return found->second.feed.cursor();
}

bool LogShipper::has_pending(TimePoint now) const {
  return std::any_of(pipelines_.begin(), pipelines_.end(),
                     [now](const auto& item) { return item.second.may_ship(now); });
}

void LogShipper::note_backlog() {
  for (auto& [id, pipeline] : pipelines_) pipeline.feed.note_backlog();
}

bool LogShipper::backlog_pending(TimePoint now) const {
  return std::any_of(pipelines_.begin(), pipelines_.end(), [now](const auto& item) {
    return item.second.may_ship(now) && item.second.feed.backlog_pending();
  });
}

std::optional<LogBatch> LogShipper::next(TimePoint now) {
  if (flight_) std::abort();  // the same lines would be sent twice
  for (auto& [id, pipeline] : pipelines_) {
    if (pipeline.lost_cause()) count_given_up(pipeline.feed.give_up_all());
  }
  forget_finished();

  const std::optional<Company> company = company_in_turn(now);
  if (!company) return std::nullopt;
  LogBatch batch;
  Flight flight;
  batch.number = flight.number = ++batches_;
  fill(batch, flight, *company, now);
  flight.body_bytes = batch.body_bytes;
  flight_ = std::move(flight);
  return batch;
}

std::optional<LogShipper::GivenUp> LogShipper::on_result(std::uint64_t batch_number, Outcome outcome, TimePoint now) {
  if (!flight_ || flight_->number != batch_number) std::abort();  // lines would be lost or doubled
  const Flight flight = *std::exchange(flight_, std::nullopt);
  std::optional<GivenUp> given_up;
  switch (outcome) {
    case Outcome::delivered:
      on_delivered(flight);
      break;
    case Outcome::retry:
      break;  // the cursors did not move: the same lines are taken again
    case Outcome::refused:
      given_up = on_refused(flight, now);
      break;
    case Outcome::too_large:
      given_up = on_too_large(flight);
      break;
  }
  for (const auto member : flight.members) member->second.taken.reset();
  forget_finished();
  return given_up;
}

LogCounters LogShipper::counters() const {
  LogCounters counters = settled_;
  for (const auto& [id, pipeline] : pipelines_) {
    counters.lines_dropped_overwritten += pipeline.feed.overwritten_unsettled(pipeline.taken);
  }
  return counters;
}

std::optional<LogShipper::Company> LogShipper::company_in_turn(TimePoint now) {
  bool healthy = false;
  std::optional<Company> lowest;  // of the others
  std::optional<Company> following;
  for (const auto& [id, pipeline] : pipelines_) {
    if (!pipeline.may_ship(now)) continue;
    const Company company = pipeline.company;
    if (company == kHealthy) {
      healthy = true;
      continue;
    }
    if (!lowest || company < *lowest) lowest = company;
    if (company > last_other_company_ && (!following || company < *following)) following = company;
  }
  if (!healthy && !lowest) return std::nullopt;
  if (healthy && (!lowest || last_company_ != kHealthy)) return last_company_ = kHealthy;
  last_other_company_ = following ? *following : *lowest;
  return last_company_ = last_other_company_;
}

void LogShipper::fill(LogBatch& batch, Flight& flight, Company company, TimePoint now) {
  batch.body_bytes = 2;  // the brackets
  const auto start = company == kHealthy ? pipelines_.upper_bound(last_healthy_) : pipelines_.begin();
  const auto visit = [&](auto from, auto to) {
    for (auto item = from; item != to && !flight.full; ++item) {
      if (item->second.company != company || !item->second.may_ship(now)) continue;
      if (append(batch, flight, item) && company == kHealthy) last_healthy_ = item->first;
    }
  };
  visit(start, pipelines_.end());
  visit(pipelines_.begin(), start);
  assert(!batch.entries.empty());
}

/// False when the entry does not fit, which ends the batch.
bool LogShipper::append(LogBatch& batch, Flight& flight, Pipelines::iterator member) {
  LogEntry entry{member->first, {}, 0};
  const std::size_t room = body_limit_ - std::min(body_limit_, batch.body_bytes);
  const LogFeed::Taken taken = member->second.feed.take(entry, limits_.max_lines, room);
  const bool fits = taken.body_bytes <= room || batch.entries.empty();
  flight.full = !fits || taken.cut_short;
  if (!fits) return false;
  batch.body_bytes += taken.body_bytes;
  batch.entries.push_back(std::move(entry));
  member->second.taken = taken;
  flight.members.push_back(member);
  return true;
}

void LogShipper::on_delivered(const Flight& flight) {
  for (const auto member : flight.members) {
    Pipeline& pipeline = member->second;
    pipeline.feed.delivered(*pipeline.taken);
    pipeline.company = pipeline.retired ? kRetired : kHealthy;
    pipeline.quarantine = {};
    settled_.lines_shipped += pipeline.taken->lines;
    settled_.lines_dropped_overwritten += pipeline.taken->overwritten;
  }
  if (flight.full && ++full_deliveries_ >= kFullDeliveriesToGrow) {
    body_limit_ = std::min(body_limit_ * 2, limits_.max_body_bytes);
    full_deliveries_ = 0;
  }
}

std::optional<LogShipper::GivenUp> LogShipper::on_refused(const Flight& flight, TimePoint now) {
  if (flight.members.size() > 1) {
    divide(flight);
    return std::nullopt;
  }
  auto& [id, pipeline] = *flight.members.front();
  pipeline.company = next_company_++;
  pipeline.quarantine = std::clamp(pipeline.quarantine * 2, limits_.first_quarantine, limits_.longest_quarantine);
  pipeline.quarantined_until = now + pipeline.quarantine;
  const LogFeed::Lost lost = pipeline.retired ? pipeline.feed.give_up_all() : pipeline.feed.give_up(*pipeline.taken);
  count_given_up(lost);
  return GivenUp{id, lost.lines, pipeline.quarantine};
}

std::optional<LogShipper::GivenUp> LogShipper::on_too_large(const Flight& flight) {
  full_deliveries_ = 0;
  auto& [id, pipeline] = *flight.members.front();
  if (flight.members.size() > 1 || pipeline.taken->lines > 1) {
    body_limit_ = std::max<std::size_t>(std::min(body_limit_, flight.body_bytes) / 2, 1);
    return std::nullopt;
  }
  const LogFeed::Lost lost = pipeline.feed.give_up(*pipeline.taken);
  count_given_up(lost);
  return GivenUp{id, lost.lines, {}};
}

/// Two companies out of one. A pipeline that was retired while it flew with healthy ones is parted from them first.
void LogShipper::divide(const Flight& flight) {
  auto members = flight.members;
  const auto retired = std::stable_partition(members.begin(), members.end(), [](auto m) { return !m->second.retired; });
  const bool mixed = retired != members.begin() && retired != members.end();
  const auto half = mixed ? retired : members.begin() + static_cast<std::ptrdiff_t>(members.size() / 2);
  for (auto member = members.begin(); member != members.end(); ++member) {
    (*member)->second.company = member < half ? next_company_ : next_company_ + 1;
  }
  next_company_ += 2;
}

void LogShipper::count_given_up(const LogFeed::Lost& lost) {
  settled_.lines_dropped_refused += lost.lines;
  settled_.lines_dropped_overwritten += lost.overwritten;
}

void LogShipper::forget_finished() {
  std::erase_if(pipelines_, [](const auto& item) { return item.second.retired && item.second.feed.exhausted(); });
}

}  // namespace vf::logbuf
