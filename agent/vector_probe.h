// VectorProbe: asks the Vectors of this host over HTTP on 127.0.0.1: GET /health of their APIs, GET /metrics of their
// exporters. Blocking calls and parsing happen on a few workers; at most one scrape of a pipeline is in flight.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/http/http_connection.h"
#include "agent/http/worker_pool.h"
#include "metrics/vector_readings.h"

namespace vf::agent {

class VectorProbe {
 public:
  explicit VectorProbe(boost::asio::io_context& loop);
  ~VectorProbe();

  /// `done(true)` where GET /health answers 200 within a second. On the loop, once.
  void health(std::uint16_t port, std::function<void(bool)> done);

  using Readings = std::shared_ptr<const metrics::VectorReadings>;
  /// One scrape over this pipeline's kept connection; null where it failed. On the loop, once. While one is in flight for
  /// the same id another is not made: false, and `done` is not called.
  bool scrape(const std::string& id, std::uint16_t port, std::function<void(Readings)> done);

  /// The pipeline's process has gone: its connection is closed.
  void forget(const std::string& id);
  /// Gives up what is in flight; nothing is called afterwards.
  void stop();

 private:
  struct Target {
    std::uint16_t port = 0;
    std::shared_ptr<HttpConnection> connection;
    bool in_flight = false;
  };
  boost::asio::io_context& loop_;
  WorkerPool health_workers_;
  WorkerPool scrape_workers_;
  std::map<std::string, std::shared_ptr<Target>> targets_;
  bool stopped_ = false;
};

}  // namespace vf::agent
