#include "agent/control/vectorflow/tap_body.h"

#include "agent/control/vectorflow/json_writer.h"

namespace vf::agent::vectorflow {
namespace {

void put_ids(JsonWriter& json, const TapIds& ids) {
  json.begin_object();
  json.key("requestId");
  json.text(ids.request_id);
  json.key("pipelineId");
  json.text(ids.pipeline_id);
  json.key("componentId");
  json.text(ids.component_id);
}

}  // namespace

std::string encode_tap_events(const TapIds& ids, const tapper::TapBuffer::Batch& batch) {
  std::string body;
  body.reserve(batch.before.size() + batch.after.size() + 1024);
  JsonWriter json(body);
  put_ids(json, ids);
  json.key("events");
  json.begin_array();
  if (!batch.before.empty()) json.raw(batch.before);
  if (batch.dropped > 0) json.raw("{\"vf_agent_dropped\":" + std::to_string(batch.dropped) + "}");
  if (!batch.after.empty()) json.raw(batch.after);
  json.end_array();
  json.end_object();
  return body;
}

std::string encode_tap_stopped(const TapIds& ids, std::string_view reason) {
  std::string body;
  JsonWriter json(body);
  put_ids(json, ids);
  json.key("status");
  json.text("stopped");
  json.key("reason");
  json.text(reason);
  json.end_object();
  return body;
}

std::string tap_notice(std::string_view text) {
  std::string event;
  JsonWriter json(event);
  json.begin_object();
  json.key("vf_agent_notice");
  json.text(text);
  json.end_object();
  return event;
}

}  // namespace vf::agent::vectorflow
