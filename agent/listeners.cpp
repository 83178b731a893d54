#include "agent/listeners.h"

#include <chrono>
#include <string>
#include <utility>

namespace vf::agent {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

// A loop that has not come by for this long is stuck; nothing on it takes a hundredth of that.
constexpr seconds loop_is_stuck{10};

}  // namespace

bool Listeners::start() {
  if (!serve_metrics() || !serve_page()) return false;
  serve_socket();
  return true;
}

void Listeners::stop() {
  metrics_server_.reset();
  local_server_.reset();
  page_server_.reset();
}

bool Listeners::serve_metrics() {
  if (parts_.options.metrics_port == 0) return true;
  MetricsServer::Sources sources;
  sources.metrics = [this] { return parts_.metrics.render(steady_clock::now()); };
  sources.healthy = [this](std::string& reason) {
    const auto stuck = parts_.lag.since_last_turn();
    reason = "the loop has not turned for " + std::to_string(std::chrono::duration_cast<seconds>(stuck).count()) + " s";
    return stuck < loop_is_stuck;
  };
  sources.ready = [this](std::string& reason) {
    reason = "the control plane has not said yet what must run here";
    return parts_.ready.load();
  };
  auto started = MetricsServer::start(parts_.options.metrics_addr, parts_.options.metrics_port, std::move(sources));
  if (!started) {
    parts_.log.error(started.error().message());
    return false;
  }
  metrics_server_ = std::move(started).value();
  return true;
}

void Listeners::serve_socket() {
  auto started = LocalServer::start(parts_.loop, parts_.options.data_dir, parts_.answer);
  if (!started) return parts_.log.warn(started.error().message() + "; vf-agent status does not work here");
  local_server_ = std::move(started).value();
}

bool Listeners::serve_page() {
  if (parts_.options.ui_addr.empty()) return true;
  auto started = PageServer::start(parts_.loop, parts_.options.data_dir, parts_.options.ui_addr, parts_.options.ui_port,
                                   parts_.answer);
  if (!started) {
    parts_.log.error(started.error().message());
    return false;
  }
  page_server_ = std::move(started).value();
  parts_.log.info("page: " + page_server_->url());
  return true;
}

}  // namespace vf::agent
