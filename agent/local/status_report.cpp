#include "agent/local/status_report.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace vf::agent {
namespace {

namespace json = boost::json;

std::string_view to_string(Link link) {
  switch (link) {
    case Link::connecting:
      return "connecting";
    case Link::connected:
      return "connected";
    case Link::degraded:
      return "degraded";
    case Link::refused:
      return "refused";
  }
  return "?";
}

bool is_well(const StatusReport::Pipeline& pipeline) {
  return pipeline.refusal.empty() && pipeline.status.sync == supervisor::Sync::applied &&
         pipeline.status.state == supervisor::ProcessState::running;
}

json::object as_json(const StatusReport::Pipeline& pipeline) {
  const supervisor::PipelineStatus& status = pipeline.status;
  json::object object{{"id", status.id},
                      {"name", status.name},
                      {"state", supervisor::to_string(status.state)},
                      {"sync", pipeline.refusal.empty() ? supervisor::to_string(status.sync) : "refused"},
                      {"version", status.version},
                      {"restarts", status.restarts}};
  if (status.pid) {
    object["pid"] = *status.pid;
    object["uptimeSeconds"] = pipeline.uptime.count();
  }
  if (status.ports) object["ports"] = json::object{{"metrics", status.ports->metrics}, {"api", status.ports->api}};
  if (status.refused_version != 0) object["refusedVersion"] = status.refused_version;
  const std::string& refusal = pipeline.refusal.empty() ? status.refusal : pipeline.refusal;
  if (!refusal.empty()) object["refusal"] = refusal;
  if (!status.problem.empty()) object["problem"] = status.problem;
  return object;
}

json::object as_json(const state::Death& death) {
  return {{"pipelineId", death.pipeline_id},
          {"pipelineName", death.pipeline_name},
          {"at", death.at},
          {"version", death.version},
          {"how", death.how},
          {"uptimeMilliseconds", death.uptime_ms},
          {"lastError", death.last_error},
          {"next", death.next}};
}

}  // namespace

bool is_all_well(const StatusReport& report) {
  return report.link.link == Link::connected && std::all_of(report.pipelines.begin(), report.pipelines.end(), is_well);
}

std::string to_json(const StatusReport& report) {
  json::object link{{"state", to_string(report.link.link)}};
  if (!report.link.reason.empty()) link["reason"] = report.link.reason;
  json::array pipelines;
  for (const StatusReport::Pipeline& pipeline : report.pipelines) pipelines.push_back(as_json(pipeline));
  json::array deaths;
  for (const state::Death& death : report.deaths) deaths.push_back(as_json(death));
  json::object object{{"ok", is_all_well(report)},
                      {"version", report.version},
                      {"pid", report.pid},
                      {"uptimeSeconds", report.uptime.count()},
                      {"controlPlane", report.control_plane},
                      {"link", std::move(link)},
                      {"vectorVersion", report.vector_version},
                      {"pipelines", std::move(pipelines)},
                      {"deaths", std::move(deaths)}};
  if (!report.upgrade.empty()) object["upgrade"] = report.upgrade;
  return json::serialize(object);
}

}  // namespace vf::agent
