#include "agent/scraper.h"

#include "agent/scrape_round.h"

namespace vf::agent {

void Scraper::next() {
  const ScrapePace pace = scrape_pace(parts_.keeper.size(), parts_.interval());
  bool round_done = false;
  for (std::size_t i = 0; i < pace.at_once && !round_done; ++i) {
    const auto found = parts_.keeper.next_running(last_);
    round_done = !found;
    last_ = found ? found->id : "";
    if (found) scrape(*found);
  }
  timer_.expires_after(round_done ? pace.rest : pace.apart);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) next();
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
    newest_[id] = {generation, readings};
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
  return found != newest_.end() && found->second.first == generation ? found->second.second : nullptr;
}

}  // namespace vf::agent
