#include "logbuf/log_feed.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace vf::logbuf {

void LogFeed::follow(std::shared_ptr<const LogRing> ring) {
  assert(ring != nullptr);
  const bool known = std::any_of(sources_.begin(), sources_.end(), [&](const Source& s) { return s.ring == ring; });
  if (!known) sources_.push_back({std::move(ring)});
}

std::uint64_t LogFeed::cursor() const {
  return sources_.empty() ? 0 : sources_.back().cursor;
}

bool LogFeed::pending() const {
  return std::any_of(sources_.begin(), sources_.end(), [](const Source& s) { return s.pending(); });
}

bool LogFeed::exhausted() const {
  return std::all_of(sources_.begin(), sources_.end(), [](const Source& s) { return s.exhausted(); });
}

void LogFeed::note_backlog() {
  for (Source& source : sources_) source.backlog_end = source.ring->end();
}

bool LogFeed::backlog_pending() const {
  return std::any_of(sources_.begin(), sources_.end(), [](const Source& s) { return s.cursor < s.backlog_end; });
}

LogFeed::Taken LogFeed::take(LogEntry& entry, std::size_t max_lines, std::size_t max_bytes) const {
  assert(pending() && max_lines >= 2);
  const Source& source = *std::find_if(sources_.begin(), sources_.end(), [](const Source& s) { return s.pending(); });

  Taken taken;
  taken.ring = source.ring.get();
  taken.overwritten = source.overwritten();
  taken.body_bytes = json_size_of_empty_entry(entry.pipeline_id);
  entry.dropped = untold_ + taken.overwritten;
  if (entry.dropped > 0) {
    entry.lines.push_back(dropped_marker(entry.dropped));
    taken.body_bytes += json_size(entry.lines.back()) + 1;
  }
  std::uint64_t number = source.cursor + taken.overwritten;
  for (; number < taken.ring->end() && entry.lines.size() < max_lines; ++number) {
    const std::string_view line = taken.ring->at(number);
    const std::size_t cost = json_size(line) + 1;
    taken.cut_short = taken.lines > 0 && taken.body_bytes + cost > max_bytes;
    if (taken.cut_short) break;
    entry.lines.emplace_back(line);
    taken.body_bytes += cost;
    ++taken.lines;
  }
  return taken;
}

void LogFeed::delivered(const Taken& taken) {
  settle(taken);
  untold_ = 0;
}

LogFeed::Lost LogFeed::give_up(const Taken& taken) {
  settle(taken);
  untold_ += taken.overwritten + taken.lines;
  return {taken.overwritten, taken.lines};
}

LogFeed::Lost LogFeed::give_up_all() {
  Lost lost;
  for (Source& source : sources_) {
    const std::uint64_t overwritten = source.overwritten();
    lost.overwritten += overwritten;
    lost.lines += source.ring->end() - source.cursor - overwritten;
    source.cursor = source.ring->end();
  }
  untold_ += lost.overwritten + lost.lines;
  let_go_of_exhausted();
  return lost;
}

std::uint64_t LogFeed::overwritten_unsettled(const std::optional<Taken>& in_flight) const {
  std::uint64_t lines = 0;
  for (const Source& source : sources_) {
    const bool flies = in_flight && in_flight->ring == source.ring.get();
    lines += flies ? in_flight->overwritten : source.overwritten();
  }
  return lines;
}

void LogFeed::settle(const Taken& taken) {
  const auto source =
      std::find_if(sources_.begin(), sources_.end(), [&](const Source& s) { return s.ring.get() == taken.ring; });
  assert(source != sources_.end());
  source->cursor += taken.overwritten + taken.lines;
  let_go_of_exhausted();
}

/// The newest ring is kept even so, lest following it again should begin it anew.
void LogFeed::let_go_of_exhausted() {
  while (sources_.size() > 1 && sources_.front().exhausted()) sources_.erase(sources_.begin());
}

}  // namespace vf::logbuf
