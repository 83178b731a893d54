#include "tests/support/standin_vector/topology.h"

#include <algorithm>
#include <set>

#include "tests/support/standin_vector/components.h"
#include "tests/support/standin_vector/vector_log.h"

namespace standin {
namespace {

/// `.name = "text"` in a remap: the only VRL that the stand-in executes, so that an edit can be seen.
std::vector<std::pair<std::string, std::string>> constant_assignments(const std::string& code) {
  std::vector<std::pair<std::string, std::string>> found;
  std::size_t start = 0;
  while (start < code.size()) {
    const auto end = std::min(code.find('\n', start), code.size());
    const std::string line = code.substr(start, end - start);
    start = end + 1;
    const auto dot = line.find_first_not_of(' ');
    const auto equals = line.find(" = \"");
    if (dot == std::string::npos || line[dot] != '.' || equals == std::string::npos || line.back() != '"') continue;
    found.emplace_back(line.substr(dot + 1, equals - dot - 1), line.substr(equals + 4, line.size() - equals - 5));
  }
  return found;
}

void collect_routes(const Config& config, const std::map<std::string, std::unique_ptr<Sink>>& sinks,
                    const Component& from, Route so_far, std::size_t depth, std::vector<Route>& routes) {
  if (depth > config.components.size()) return;  // a cycle, which the real one refuses
  for (const auto& component : config.components) {
    const auto upstream = config.upstream(component);
    if (std::find(upstream.begin(), upstream.end(), &from) == upstream.end()) continue;
    if (component.kind == Kind::sink) {
      const auto sink = sinks.find(component.id);
      if (sink != sinks.end()) routes.push_back({sink->second.get(), so_far.fields});
    } else {
      Route next = so_far;
      const auto fields = constant_assignments(component.code);
      if (component.type == "remap") next.fields.insert(next.fields.end(), fields.begin(), fields.end());
      collect_routes(config, sinks, component, next, depth + 1, routes);
    }
  }
}

const Component* same_component(const Config& config, Kind kind, const std::string& id, const std::string& text) {
  const Component* found = config.find(id);
  return found != nullptr && found->kind == kind && found->text == text ? found : nullptr;
}

void task_failed(const Component& component) {
  vlog::error("vector::topology", "An error occurred that Vector couldn't handle: the task completed with an error.",
              {}, vlog::Limit::yes, vlog::span(name_of(component.kind), component.id, component.type));
}

}  // namespace

Topology::Topology(boost::asio::io_context& io, Scrape scrape) : io_(io), scrape_(std::move(scrape)) {}
Topology::~Topology() = default;

bool Topology::apply(const Config& config) {
  stop_changed(config);
  config_ = &config;
  bool bound = true;
  for (const auto& component : config.components) {
    if (component.kind == Kind::source && !sources_.contains(component.id)) bound = start_source(component) && bound;
    if (component.type == "prometheus_exporter") bound = start_exporter(component) && bound;
    if (component.kind == Kind::sink && component.type != "prometheus_exporter" && !sinks_.contains(component.id)) {
      sinks_.emplace(component.id, std::make_unique<Sink>(component));
    }
  }
  connect(config);
  return bound;
}

void Topology::stop_changed(const Config& config) {
  for (auto& [id, source] : sources_) source->feed({});  // routes may point to sinks that go now
  std::erase_if(sources_, [&](const auto& entry) {
    return same_component(config, Kind::source, entry.first, entry.second->text()) == nullptr;
  });
  std::erase_if(sinks_, [&](const auto& entry) {
    return same_component(config, Kind::sink, entry.first, entry.second->text()) == nullptr;
  });
  std::erase_if(exporters_, [&](const auto& entry) {
    return same_component(config, Kind::sink, entry.first, entry.second.text) == nullptr;
  });
}

bool Topology::start_source(const Component& component) {
  auto source = make_source(io_, component, config_->modes.events_per_second);
  std::string error = source->start();
  const bool listens = component.type == "socket" && component.mode == "tcp";
  if (config_->modes.port_taken && listens) error = "Address already in use (os error 98)";
  if (error.empty()) {
    sources_.emplace(component.id, std::move(source));
    return true;
  }
  vlog::error("vector::internal_events::socket", "Error binding socket.",
              "error=TCP bind failed: " + error +
                  " error_code=\"socket_bind\" error_type=\"io_failed\" stage=\"initializing\" mode=tcp",
              vlog::Limit::yes, vlog::span("source", component.id, component.type));
  task_failed(component);
  return false;
}

bool Topology::start_exporter(const Component& component) {
  Exporter& exporter = exporters_[component.id];
  exporter.filter = filter_before(*config_, component);
  if (exporter.server) return true;
  exporter.text = component.text;
  exporter.server =
      std::make_unique<HttpServer>(io_, [this, id = component.id](const HttpRequest& request, Reply reply) {
        if (request.method != "GET" || request.target != "/metrics") return reply({404, "text/plain", "", false});
        const auto found = exporters_.find(id);
        if (found != exporters_.end()) scrape_(found->second.filter, std::move(reply));
      });
  const auto error = exporter.server->listen(component.address);
  vlog::info("vector::sinks::prometheus::exporter", "Building HTTP server.", "address=" + component.address);
  if (!error) return true;
  vlog::error("vector::sinks::prometheus::exporter", "Server TLS error: TCP bind failed: " + rust_error(error) + ".",
              {}, vlog::Limit::yes, vlog::span("sink", component.id, component.type));
  task_failed(component);
  exporters_.erase(component.id);
  return false;
}

void Topology::connect(const Config& config) {
  for (auto& [id, source] : sources_) {
    std::vector<Route> routes;
    if (const auto* component = config.find(id)) collect_routes(config, sinks_, *component, {}, 0, routes);
    source->feed(std::move(routes));
  }
}

bool Topology::waits_for(const Config& config) const {
  return std::any_of(sources_.begin(), sources_.end(), [&](const auto& entry) {
    return entry.second->has_connections() &&
           same_component(config, Kind::source, entry.first, entry.second->text()) == nullptr;
  });
}

void Topology::ask_to_finish(const Config& config) {
  for (auto& [id, source] : sources_) {
    if (same_component(config, Kind::source, id, source->text()) == nullptr) source->finish();
  }
}

void Topology::begin_drain() {
  for (auto& [id, source] : sources_) source->finish();
  exporters_.clear();
}

std::vector<std::string> Topology::components_with_connections() const {
  std::vector<std::string> ids;
  for (const auto& [id, source] : sources_) {
    if (source->has_connections()) ids.push_back(id);
  }
  return ids;
}

std::vector<ComponentReading> Topology::read(double uptime_seconds) const {
  std::vector<ComponentReading> readings;
  if (config_ == nullptr) return readings;
  std::map<std::string, ComponentReading> by_id;
  for (const auto& [id, source] : sources_) {
    const Component& component = source->component();
    ComponentReading reading{
        id, "source", component.type, source->events(uptime_seconds), source->bytes(uptime_seconds), false};
    reading.only_sent = component.type == "docker_logs" || component.type == "host_metrics" ||
                        (component.type == "socket" && reading.events == 0);
    by_id[id] = reading;
  }
  // Transforms may stand before what they read from, so a few passes settle all counts.
  for (std::size_t pass = 0; pass < config_->components.size(); ++pass) {
    bool changed = false;
    for (const auto& component : config_->components) {
      if (component.kind == Kind::source) continue;
      ComponentReading reading{component.id, std::string(name_of(component.kind)), component.type, 0, 0, false};
      for (const auto* before : config_->upstream(component)) {
        reading.events += by_id[before->id].events;
        reading.bytes += by_id[before->id].bytes;
      }
      ComponentReading& known = by_id[component.id];
      changed = changed || known.events != reading.events || known.type.empty();
      known = std::move(reading);
    }
    if (!changed) break;
  }
  for (const auto& component : config_->components) {
    if (auto& reading = by_id[component.id]; !reading.type.empty()) readings.push_back(reading);
  }
  return readings;
}

}  // namespace standin
