#include "agent/local/metrics_server.h"

#include <catch2/catch.hpp>

using vf::agent::MetricsServer;

TEST_CASE("a server that is stopped as soon as it was started ends") {
  for (int i = 0; i < 50; ++i) {
    MetricsServer::Sources sources;
    sources.metrics = [] { return std::string(); };
    sources.healthy = [](std::string&) { return true; };
    sources.ready = [](std::string&) { return true; };
    CHECK(MetricsServer::start("127.0.0.1", 0, std::move(sources)));
  }
}
