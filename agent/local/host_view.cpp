#include "agent/local/host_view.h"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "agent/local/inspect_report.h"
#include "agent/local/log_stream.h"
#include "agent/local/readings_report.h"
#include "agent/local/tap_stream.h"
#include "agent/options_shown.h"
#include "agent/version.h"
#include "supervisor/component_graph.h"

namespace vf::agent {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

std::int64_t milliseconds_since_1970(std::chrono::system_clock::time_point at) {
  return std::chrono::duration_cast<milliseconds>(at.time_since_epoch()).count();
}

LocalAnswer json_answer(std::string body, unsigned status = 200) {
  LocalAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

LocalAnswer gone(const std::string& id) {
  return error_answer(404, "the pipeline " + id + " is not wanted here any more");
}

}  // namespace

HostView::HostView(Parts parts) : parts_(std::move(parts)) {}

StatusReport HostView::status() const {
  const auto now = steady_clock::now();
  StatusReport report;
  report.version = version;
  report.pid = ::getpid();
  report.uptime = std::chrono::duration_cast<seconds>(now - begun_);
  report.control_plane = parts_.options.url;
  report.link = parts_.link;
  report.vector_version = parts_.binary.version();
  report.upgrade = to_string(parts_.updater.stage());
  for (supervisor::PipelineStatus& status : parts_.keeper.statuses()) {
    StatusReport::Pipeline pipeline;
    if (status.started) pipeline.uptime = std::chrono::duration_cast<seconds>(now - *status.started);
    if (const auto why = parts_.refused.find(status.id); why != parts_.refused.end()) pipeline.refusal = why->second;
    pipeline.status = std::move(status);
    report.pipelines.push_back(std::move(pipeline));
  }
  for (const auto& [id, why] : parts_.refused) {
    if (parts_.keeper.status(id)) continue;
    StatusReport::Pipeline pipeline;  // nothing of it ever ran
    pipeline.status.id = pipeline.status.name = id;
    pipeline.status.sync = supervisor::Sync::refused;
    pipeline.refusal = why;
    report.pipelines.push_back(std::move(pipeline));
  }
  const auto& deaths = parts_.memory.deaths().newest_first();
  report.deaths.assign(deaths.begin(), deaths.end());
  return report;
}

PipelineNames HostView::names() const {
  PipelineNames names;
  for (supervisor::PipelineStatus& status : parts_.keeper.statuses())
    names.emplace_back(std::move(status.id), std::move(status.name));
  for (const auto& [id, why] : parts_.refused)
    if (!parts_.keeper.status(id)) names.emplace_back(id, id);
  return names;
}

void HostView::answer(const LocalRequest& request, const Respond& respond) {
  auto found = find_route(request);
  if (LocalAnswer* const error = std::get_if<LocalAnswer>(&found)) return respond(std::move(*error));
  const Route& route = std::get<Route>(found);
  std::string id;
  if (!route.pipeline.empty()) {
    auto meant = find_pipeline(names(), route.pipeline);
    if (LocalAnswer* const error = std::get_if<LocalAnswer>(&meant)) return respond(std::move(*error));
    id = std::get<std::string>(std::move(meant));
  }
  answer(route, id, respond);
}

void HostView::answer(const Route& route, const std::string& id, const Respond& respond) {
  switch (route.to) {
    case Route::To::status:
      return respond(json_answer(to_json(status())));
    case Route::To::readings:
      return tell_readings(route, id, respond);
    case Route::To::inspect:
      return inspect(id, respond);
    case Route::To::logs:
      return respond(logs(route, id));
    case Route::To::tap:
      return tap(route, id, respond);
    case Route::To::restart:
      return respond(restart(id));
    case Route::To::options:
      return respond(options());
    case Route::To::metrics:
      return tell_metrics(respond);
  }
}

void HostView::answer_later(const Respond& respond, std::function<LocalAnswer()> make) {
  // The connection behind `respond` is the loop's: the worker hands it back whole.
  parts_.run_on_worker([&loop = parts_.loop, respond, make = std::move(make)]() mutable {
    auto made = std::make_shared<LocalAnswer>(make());
    boost::asio::post(loop, [respond = std::move(respond), made] { respond(std::move(*made)); });
  });
}

void HostView::tell_readings(const Route& route, const std::string& id, const Respond& respond) {
  parts_.scraper.look_closely();
  const auto now = steady_clock::now();
  std::vector<PipelineFigures> all;
  const auto add = [&](supervisor::PipelineStatus&& status) {
    PipelineFigures& one = all.emplace_back();
    one.generation = status.generation;
    one.restarts = status.restarts;
    one.pid = status.pid;
    if (status.started) one.uptime = std::chrono::duration_cast<seconds>(now - *status.started);
    if (status.pid) one.readings = parts_.scraper.readings(status.id, status.generation);
    if (one.readings) one.read_at = milliseconds_since_1970(parts_.scraper.read_at(status.id));
    one.id = std::move(status.id);
    one.name = std::move(status.name);
  };
  if (id.empty()) {
    for (supervisor::PipelineStatus& status : parts_.keeper.statuses()) add(std::move(status));
  } else if (auto status = parts_.keeper.status(id)) {
    add(*std::move(status));
  }
  const std::int64_t at = milliseconds_since_1970(std::chrono::system_clock::now());
  answer_later(respond, [all = std::move(all), at, with_components = route.components]() mutable {
    look_at_processes(all);
    return json_answer(readings_json(all, at, with_components));
  });
}

void HostView::tell_metrics(const Respond& respond) {
  answer_later(respond, [&metrics = parts_.metrics] {
    LocalAnswer answer = json_answer(metrics.render(steady_clock::now()));
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return answer;
  });
}

LocalAnswer HostView::options() const {
  const std::vector<std::string>& all = parts_.launch.arguments;
  const std::vector<std::string> arguments(all.begin() + (all.empty() ? 0 : 1), all.end());
  json::array options;
  for (const ShownOption& one : shown_options(arguments, parts_.launch.environment))
    options.push_back(json::object{{"name", one.name}, {"value", one.value}, {"given", one.given}});
  return json_answer(json::serialize(options));
}

LocalAnswer HostView::logs(const Route& route, const std::string& id) {
  const auto secrets = [&keeper = parts_.keeper, id] {
    const supervisor::PipelineSpec* const spec = keeper.shown_spec(id);
    return spec == nullptr ? nullptr : &spec->secrets;
  };
  return stream_answer(std::make_unique<LogStream>(LogStream::Parts{
      parts_.hub, id, route.lines, route.follow, secrets,
      [this](std::uint64_t lines) { parts_.metrics.count_dropped(metrics::Dropped::viewer_lines, lines); }}));
}

void HostView::inspect(const std::string& id, const Respond& respond) {
  const supervisor::PipelineSpec* const spec = parts_.keeper.shown_spec(id);
  const auto status = parts_.keeper.status(id);
  if (spec == nullptr || !status)
    return respond(
        error_answer(503, "nothing of the pipeline " + id +
                              " was ever run: its configuration could not be understood; see vf-agent status"));
  answer_later(respond, [spec = *spec, status = *status, rules = parts_.file_rules] {
    return json_answer(inspect_json(spec, status, rules));
  });
}

LocalAnswer HostView::restart(const std::string& id) {
  if (!parts_.restart(id)) return gone(id);
  return json_answer(json::serialize(json::object{{"restarting", id}}), 202);
}

void HostView::tap(const Route& route, const std::string& id, const Respond& respond) {
  const supervisor::PipelineSpec* const spec = parts_.keeper.shown_spec(id);
  if (spec == nullptr) return respond(error_answer(503, "nothing of the pipeline " + id + " was ever run"));
  // The component is looked for in the YAML first, whose size nobody knows.
  parts_.run_on_worker([this, yaml = spec->config_yaml, route, id, respond]() mutable {
    const std::string unknown = supervisor::unknown_component(yaml, route.component);
    boost::asio::post(parts_.loop, [this, route, id, unknown, respond = std::move(respond)] {
      if (!unknown.empty()) return respond(error_answer(404, unknown));
      auto stream = std::make_unique<TapStream>(route.limit, [this](std::uint64_t events) {
        parts_.metrics.count_dropped(metrics::Dropped::viewer_lines, events);
      });
      auto watch = parts_.tapper.watch(id, route.component, *stream);
      if (!watch) return respond(error_answer(503, watch.error().message()));
      stream->keep(std::move(watch).value());
      respond(stream_answer(std::move(stream)));
    });
  });
}

}  // namespace vf::agent
