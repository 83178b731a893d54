// Scraper: reads the metrics of every Vector that runs, round after round (scrape_round.h), and keeps the newest
// readings. Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "agent/vector_probe.h"
#include "metrics/agent_metrics.h"
#include "supervisor/supervisor.h"

namespace vf::agent {

class Scraper {
 public:
  struct Parts {
    boost::asio::io_context& loop;
    VectorProbe& probe;
    supervisor::Supervisor& keeper;
    metrics::AgentMetrics& metrics;
    std::function<std::chrono::milliseconds()> interval;  ///< of a round
    /// A Vector that runs has stopped answering on its metrics port (or answers again).
    std::function<void(const supervisor::PipelineStatus&, bool silent)> on_silent;
  };

  explicit Scraper(Parts parts) : parts_(std::move(parts)), timer_(parts_.loop) {}

  void start() { next(); }
  void stop() { timer_.cancel(); }
  /// Once more, now, beside its turn in the round.
  void scrape_now(const std::string& id);
  /// The pipeline's process has gone.
  void process_gone(const std::string& id);
  void forget(const std::string& id);

  /// The newest of that very process; null where there is none.
  [[nodiscard]] VectorProbe::Readings readings(const std::string& id, std::uint64_t generation) const;
  /// The last scrape of this pipeline failed.
  [[nodiscard]] bool is_silent(const std::string& id) const { return silent_.contains(id); }

 private:
  void next();
  void scrape(const supervisor::PipelineStatus& status);
  void scraped(const std::string& id, std::uint64_t generation, const VectorProbe::Readings& readings);

  Parts parts_;
  boost::asio::steady_timer timer_;
  std::map<std::string, std::pair<std::uint64_t, VectorProbe::Readings>> newest_;  // by id, with their generation
  std::set<std::string> silent_;
  std::string last_;  // the id scraped last: the round goes by id, so that pipelines may come and go under it
};

}  // namespace vf::agent
