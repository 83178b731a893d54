#include "agent/vector_probe.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace vf::agent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds health_deadline{1000};
// A Vector that takes longer is busy with something better than its exporter; the next round asks again.
constexpr milliseconds scrape_deadline{4000};
constexpr std::size_t largest_exposition = 16U << 20;

HttpRequest get(const char* path, milliseconds deadline) {
  HttpRequest request;
  request.method = HttpMethod::get;
  request.path = path;
  request.connect_timeout = milliseconds(500);
  request.deadline = deadline;
  request.max_response_bytes = largest_exposition;
  return request;
}

std::shared_ptr<HttpConnection> loopback(std::uint16_t port) {
  HttpSettings settings;
  settings.base_url = "http://127.0.0.1:" + std::to_string(port);
  return std::make_shared<HttpConnection>(std::move(settings));
}

}  // namespace

VectorProbe::VectorProbe(boost::asio::io_context& loop)
    : loop_(loop), health_workers_("health", 2), scrape_workers_("scrape", 2) {}

VectorProbe::~VectorProbe() { stop(); }

void VectorProbe::health(std::uint16_t port, std::function<void(bool)> done) {
  health_workers_.submit([this, port, done = std::move(done)]() mutable {
    const bool healthy = loopback(port)->perform(get("/health", health_deadline)).status == 200;
    boost::asio::post(loop_, [this, healthy, done = std::move(done)] {
      if (!stopped_) done(healthy);
    });
  });
}

bool VectorProbe::scrape(const std::string& id, std::uint16_t port, std::function<void(Readings)> done) {
  std::shared_ptr<Target>& target = targets_[id];
  if (!target) target = std::make_shared<Target>();
  if (target->in_flight) return false;
  if (target->port != port) {
    target->connection = loopback(port);
    target->port = port;
  }
  target->in_flight = true;
  scrape_workers_.submit([this, target, connection = target->connection, done = std::move(done)]() mutable {
    const HttpResponse response = connection->perform(get("/metrics", scrape_deadline));
    Readings readings;
    if (response.status == 200)
      readings = std::make_shared<const metrics::VectorReadings>(metrics::read_vector(response.body));
    boost::asio::post(loop_, [this, target, readings = std::move(readings), done = std::move(done)] {
      target->in_flight = false;
      if (!stopped_) done(readings);
    });
  });
  return true;
}

void VectorProbe::forget(const std::string& id) {
  const auto found = targets_.find(id);
  if (found == targets_.end()) return;
  if (found->second->connection) found->second->connection->cancel();
  targets_.erase(found);
}

void VectorProbe::stop() {
  if (std::exchange(stopped_, true)) return;
  for (const auto& [id, target] : targets_)
    if (target->connection) target->connection->cancel();
  health_workers_.stop();
  scrape_workers_.stop();
}

}  // namespace vf::agent
