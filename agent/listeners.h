// Listeners: the ways by which others ask this agent: VF_METRICS_PORT, the unix socket, the page (VF_UI_ADDR).
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "agent/local/local_server.h"
#include "agent/local/metrics_server.h"
#include "agent/local/page_server.h"
#include "agent/log.h"
#include "agent/loop_lag.h"
#include "agent/options.h"
#include "metrics/agent_metrics.h"

namespace vf::agent {

class Listeners {
 public:
  struct Parts {
    boost::asio::io_context& loop;
    const Options& options;
    metrics::AgentMetrics& metrics;
    const LoopLag& lag;
    const std::atomic<bool>& ready;  ///< the control plane has said what must run
    Log& log;
    std::function<void(const LocalRequest& asked, const Respond& respond)> answer;
  };
  explicit Listeners(Parts parts) : parts_(std::move(parts)) {}

  /// False where one that was asked for cannot be, which was said. The unix socket is not asked for: without it the
  /// agent does its work all the same.
  [[nodiscard]] bool start();
  void stop();

 private:
  [[nodiscard]] bool serve_metrics();
  void serve_socket();
  [[nodiscard]] bool serve_page();

  Parts parts_;
  std::unique_ptr<MetricsServer> metrics_server_;
  std::unique_ptr<LocalServer> local_server_;
  std::unique_ptr<PageServer> page_server_;
};

}  // namespace vf::agent
