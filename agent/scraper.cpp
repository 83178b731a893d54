#include "agent/scraper.h"

#include <algorithm>

#include "agent/scrape_round.h"

namespace vf::agent {

void Scraper::start() {
  running_ = true;
  next();
}

void Scraper::stop() {
  running_ = false;
  timer_.cancel();
}

bool Scraper::is_watched() const {
  return std::chrono::steady_clock::now() < watched_until_;
}

std::chrono::milliseconds Scraper::interval() const {
  return is_watched() ? std::min(parts_.interval(), watched_interval) : parts_.interval();
}

void Scraper::look_closely() {
  const bool already = is_watched();
  watched_until_ = std::chrono::steady_clock::now() + watched_for;
  // A round that is under way goes on, and the next one comes sooner; one that rests is over.
  if (running_ && resting_ && !already && interval() < parts_.interval()) next();
}

void Scraper::next() {
  const ScrapePace pace = scrape_pace(parts_.keeper.size(), interval());
  bool round_done = false;
  for (std::size_t i = 0; i < pace.at_once && !round_done; ++i) {
    const auto found = parts_.keeper.next_running(last_);
    round_done = !found;
    last_ = found ? found->id : "";
    if (found) scrape(*found);
  }
  resting_ = round_done;
  timer_.expires_after(round_done ? pace.rest : pace.apart);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled && running_) next();
  });
}

void Scraper::scrape_now(const std::string& id) {
  if (const auto status = parts_.keeper.status(id); status && status->ports) scrape(*status);
}

void Scraper::scrape(const supervisor::PipelineStatus& status) {
  const bool asked =
      parts_.probe.scrape(status.id, status.ports->metrics,
                          [this, id = status.id, generation = status.generation](
                              const VectorProbe::Readings& readings) { scraped(id, generation, readings); });
  if (!asked) parts_.metrics.count_dropped(metrics::Dropped::scrapes);
}

void Scraper::scraped(const std::string& id, std::uint64_t generation, const VectorProbe::Readings& readings) {
  const auto now = parts_.keeper.status(id);
  if (!now || now->generation != generation) return;  // another process by now
  const bool failed = readings == nullptr;
  if (failed) {
    parts_.metrics.count_dropped(metrics::Dropped::scrapes);
  } else {
    newest_[id] = {generation, readings, std::chrono::system_clock::now()};
    parts_.keeper.on_counters(id, generation, {readings->reloads_total, readings->reload_errors_total});
    parts_.metrics.count_dropped(metrics::Dropped::unparsed_samples, readings->malformed_lines);
    parts_.metrics.count_dropped(metrics::Dropped::unkept_samples, readings->unkept_samples);
  }
  const bool news = failed ? silent_.insert(id).second : silent_.erase(id) > 0;
  if (news) parts_.on_silent(*now, failed);
}

void Scraper::process_gone(const std::string& id) {
  parts_.probe.forget(id);
  silent_.erase(id);
}

void Scraper::forget(const std::string& id) {
  process_gone(id);
  newest_.erase(id);
}

VectorProbe::Readings Scraper::readings(const std::string& id, std::uint64_t generation) const {
  const auto found = newest_.find(id);
  return found != newest_.end() && found->second.generation == generation ? found->second.readings : nullptr;
}

std::chrono::system_clock::time_point Scraper::read_at(const std::string& id) const {
  const auto found = newest_.find(id);
  return found != newest_.end() ? found->second.at : std::chrono::system_clock::time_point();
}

}  // namespace vf::agent
