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

  /// While somebody looks, and how long after the last look.
  static constexpr std::chrono::milliseconds watched_interval{5000};
  static constexpr std::chrono::seconds watched_for{20};

  void start();
  void stop();
  /// Somebody on this host looks at the figures: for a while they are read as often as they change.
  void look_closely();
  /// Once more, now, beside its turn in the round.
  void scrape_now(const std::string& id);
  /// The pipeline's process has gone.
  void process_gone(const std::string& id);
  void forget(const std::string& id);

  /// The newest of that very process; null where there is none.
  [[nodiscard]] VectorProbe::Readings readings(const std::string& id, std::uint64_t generation) const;
  /// When those were read; only where there are some.
  [[nodiscard]] std::chrono::system_clock::time_point read_at(const std::string& id) const;
  /// The last scrape of this pipeline failed.
  [[nodiscard]] bool is_silent(const std::string& id) const { return silent_.contains(id); }

 private:
  void next();
  void scrape(const supervisor::PipelineStatus& status);
  void scraped(const std::string& id, std::uint64_t generation, const VectorProbe::Readings& readings);

  [[nodiscard]] std::chrono::milliseconds interval() const;
  [[nodiscard]] bool is_watched() const;

  struct Newest {
    std::uint64_t generation = 0;
    VectorProbe::Readings readings;
    std::chrono::system_clock::time_point at;
  };
  Parts parts_;
  boost::asio::steady_timer timer_;
  bool running_ = false;
  bool resting_ = false;  // between two rounds
  std::chrono::steady_clock::time_point watched_until_{};
  std::map<std::string, Newest> newest_;  // by id
  std::set<std::string> silent_;
  std::string last_;  // the id scraped last: the round goes by id, so that pipelines may come and go under it
};

}  // namespace vf::agent
