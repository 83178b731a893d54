// LoopLag: how late the loop runs what is due. Posts itself a timer several times a second and compares.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "metrics/agent_metrics.h"

namespace vf::agent {

class LoopLag {
 public:
  LoopLag(boost::asio::io_context& loop, metrics::AgentMetrics& metrics) : timer_(loop), metrics_(metrics) {}
  void start();
  void stop() { timer_.cancel(); }

  /// Since the loop last came by; any thread. /healthz is about this.
  [[nodiscard]] std::chrono::steady_clock::duration since_last_turn() const;

 private:
  void arm();
  boost::asio::steady_timer timer_;
  metrics::AgentMetrics& metrics_;
  std::atomic<std::chrono::steady_clock::rep> last_turn_{0};
};

}  // namespace vf::agent
