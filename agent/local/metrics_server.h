// MetricsServer: the listener of VF_METRICS_PORT. Serves /metrics, /healthz and /readyz and nothing else, since it
// listens on all interfaces. Threads of its own; what it calls must be safe from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "supervisor/result.h"

namespace vf::agent {

class MetricsServer {
 public:
  struct Sources {
    std::function<std::string()> metrics;              ///< the exposition
    std::function<bool(std::string& reason)> healthy;  ///< the loop turns
    std::function<bool(std::string& reason)> ready;    ///< the first reconcile is done
  };
  /// Binds and listens; the Error names address and port, and what to do.
  [[nodiscard]] static Result<std::unique_ptr<MetricsServer>> start(const std::string& address, std::uint16_t port,
                                                                    Sources sources);
  ~MetricsServer();

 private:
  struct Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vf::agent
