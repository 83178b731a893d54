#include "agent/tap_view.h"

#include <algorithm>

#include "supervisor/leftovers.h"

namespace vf::agent {
namespace {

constexpr supervisor::VectorVersion first_with_grpc{0, 55, 0};

tapper::ComponentRole role_of(const metrics::VectorReadings& readings, const std::string& component_id) {
  const auto& all = readings.components;  // sorted by id
  const auto found = std::lower_bound(all.begin(), all.end(), component_id,
                                      [](const auto& component, const std::string& id) { return component.id < id; });
  if (found == all.end() || found->id != component_id) return tapper::ComponentRole::unknown;
  if (found->kind == "sink") return tapper::ComponentRole::sink;
  return found->kind == "source" ? tapper::ComponentRole::source : tapper::ComponentRole::transform;
}

}  // namespace

tapper::Tapper::Parts TapView::parts(std::chrono::milliseconds longest) const {
  tapper::Tapper::Parts parts{loop, {}, {}, longest};
  parts.find = [view = *this](const std::string& pipeline_id, const std::string& component_id) {
    return view.find(pipeline_id, component_id);
  };
  parts.program = [view = *this](const std::string& pipeline_id) { return view.program(pipeline_id); };
  return parts;
}

std::optional<tapper::TapTarget> TapView::find(const std::string& pipeline_id, const std::string& component_id) const {
  const auto status = keeper.status(pipeline_id);
  if (!status || !status->wanted) return std::nullopt;
  tapper::TapTarget target;
  target.running = status->state == supervisor::ProcessState::running && status->ports;
  target.generation = status->generation;
  if (status->ports) target.api_port = status->ports->api;
  // Where nothing was measured yet, or of another process, Vector itself says what is a sink.
  if (const auto readings = scraper.readings(pipeline_id, status->generation))
    target.role = role_of(*readings, component_id);
  return target;
}

Result<tapper::TapProgram> TapView::program(const std::string& pipeline_id) const {
  if (!binary.known()) return Error{"tap", "the version of Vector is not known (yet)", 0};
  tapper::TapProgram program{binary.path(), binary.environment(), *binary.known() >= first_with_grpc};
  // One that runs since before its file was replaced speaks as it did; its program is there for as long as it is.
  const auto status = keeper.status(pipeline_id);
  const auto runs = status && status->pid ? binary.version_of(*status->pid) : std::nullopt;
  if (runs && *runs != *binary.known()) {
    program.executable = "/proc/" + std::to_string(*status->pid) + "/exe";
    program.grpc = *runs >= first_with_grpc;
  }
  program.environment[supervisor::tap_variable] = data_dir;  // should this agent be killed, the next one finds it
  return program;
}

}  // namespace vf::agent
