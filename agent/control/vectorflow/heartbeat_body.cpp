#include "agent/control/vectorflow/heartbeat_body.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "agent/control/vectorflow/json_writer.h"
#include "agent/control/vectorflow/utf8.h"
#include "agent/control/vectorflow/wire_status.h"

namespace vf::agent::vectorflow {

namespace {

using metrics::ComponentReading;
using metrics::HostReadings;

constexpr std::int64_t largest_int = std::numeric_limits<std::int32_t>::max();  // the server's Int columns

void put_int(JsonWriter& json, std::string_view key, std::int64_t value) {
  json.key(key);
  json.whole(static_cast<std::uint64_t>(std::clamp(value, std::int64_t{0}, largest_int)));
}

void put_whole(JsonWriter& json, std::string_view key, std::uint64_t value) {
  json.key(key);
  json.whole(value);
}

void put_number(JsonWriter& json, std::string_view key, double value) {
  json.key(key);
  json.number(std::isfinite(value) ? value : 0);
}

void put_gauge(JsonWriter& json, std::string_view key, std::optional<double> value) {
  if (value && std::isfinite(*value)) put_number(json, key, *value);
}

void put_text(JsonWriter& json, std::string_view key, std::string_view text, std::size_t units) {
  if (text.empty()) return;
  json.key(key);
  json.text(utf16_prefix(text, units));
}

void put_component(JsonWriter& json, const ComponentReading& component) {
  json.begin_object();
  json.key("componentId");
  json.text(component.id);
  json.key("componentKind");
  json.text(component.kind);
  put_whole(json, "receivedEvents", component.received_events);
  put_whole(json, "sentEvents", component.sent_events);
  put_whole(json, "receivedBytes", component.received_bytes);
  put_whole(json, "sentBytes", component.sent_bytes);
  put_whole(json, "errorsTotal", component.errors);
  put_whole(json, "discardedEvents", component.discarded);
  put_gauge(json, "latencyMeanSeconds", component.latency_mean_seconds);
  json.end_object();
}

void put_totals(JsonWriter& json, const metrics::PipelineTotals& totals) {
  put_whole(json, "eventsIn", totals.events_in);
  put_whole(json, "eventsOut", totals.events_out);
  put_whole(json, "errorsTotal", totals.errors);
  put_whole(json, "bytesIn", totals.bytes_in);
  put_whole(json, "bytesOut", totals.bytes_out);
  put_whole(json, "eventsDiscarded", totals.discarded);
  put_gauge(json, "utilization", totals.utilization);
}

void put_identity(JsonWriter& json, const HeartbeatPipeline& pipeline) {
  json.key("pipelineId");
  json.text(pipeline.id);
  put_int(json, "version", pipeline.version);
  json.key("status");
  json.text(wire_status(pipeline.process));
}

void put_details(JsonWriter& json, const HeartbeatPipeline& pipeline) {
  if (pipeline.pid && *pipeline.pid >= 1 && *pipeline.pid <= largest_int) put_int(json, "pid", *pipeline.pid);
  if (pipeline.uptime) put_int(json, "uptimeSeconds", pipeline.uptime->count());
  put_text(json, "configChecksum", pipeline.checksum, 128);
  if (pipeline.readings) put_totals(json, pipeline.readings->totals);
}

// Nothing where there is none.
void put_components(JsonWriter& json, const std::vector<ComponentReading>& components) {
  const auto tellable = [](const ComponentReading& component) {
    return !component.id.empty() && !component.kind.empty();
  };
  if (std::none_of(components.begin(), components.end(), tellable)) return;
  json.key("componentMetrics");
  json.begin_array();
  for (const ComponentReading& component : components)
    if (tellable(component)) put_component(json, component);
  json.end_array();
}

// About what a pipeline and a component take, so that the body seldom grows while it is written.
std::size_t expected_size(const Heartbeat& heartbeat) {
  std::size_t size = 4096;
  for (const HeartbeatPipeline& pipeline : heartbeat.pipelines) {
    size += 400;
    if (pipeline.readings) size += 250 * pipeline.readings->components.size();
  }
  return size;
}

void put_host(JsonWriter& json, const HostReadings& host) {
  json.key("hostMetrics");
  json.begin_object();
  put_whole(json, "memoryTotalBytes", host.memory_total_bytes);
  put_whole(json, "memoryUsedBytes", host.memory_used_bytes);
  put_whole(json, "memoryFreeBytes", host.memory_free_bytes);
  put_gauge(json, "cpuSecondsTotal", host.cpu_seconds_total);
  put_gauge(json, "cpuSecondsIdle", host.cpu_seconds_idle);
  put_gauge(json, "loadAvg1", host.load_avg_1);
  put_gauge(json, "loadAvg5", host.load_avg_5);
  put_gauge(json, "loadAvg15", host.load_avg_15);
  put_whole(json, "fsTotalBytes", host.fs_total_bytes);
  put_whole(json, "fsUsedBytes", host.fs_used_bytes);
  put_whole(json, "fsFreeBytes", host.fs_free_bytes);
  put_whole(json, "diskReadBytes", host.disk_read_bytes);
  put_whole(json, "diskWrittenBytes", host.disk_written_bytes);
  put_whole(json, "netRxBytes", host.net_rx_bytes);
  put_whole(json, "netTxBytes", host.net_tx_bytes);
  json.end_object();
}

void put_health(JsonWriter& json, const AgentHealth& health) {
  json.key("agentHealth");
  json.begin_object();
  put_whole(json, "pollErrorsTotal", health.poll_errors_total);
  put_whole(json, "pushReconnectsTotal", health.push_reconnects_total);
  put_whole(json, "heartbeatErrorsTotal", health.heartbeat_errors_total);
  json.key("pushConnected");
  json.boolean(health.push_connected);
  put_whole(json, "pipelinesRunning", health.pipelines_running);
  put_number(json, "uptimeSeconds", health.uptime_seconds);
  json.end_object();
}

// What the node says about itself.
void put_agent(JsonWriter& json, const Heartbeat& heartbeat) {
  put_text(json, "agentVersion", heartbeat.agent_version, 100);
  put_text(json, "vectorVersion", heartbeat.vector_version, 100);
  const std::string& mode = heartbeat.deployment_mode;
  if (mode == "STANDALONE" || mode == "DOCKER" || mode == "UNKNOWN") put_text(json, "deploymentMode", mode, 100);
  put_text(json, "runningAs", heartbeat.running_as, 100);
  put_text(json, "updateError", heartbeat.update_error, 500);
  put_health(json, heartbeat.health);
}

void put_labels(JsonWriter& json, const std::map<std::string, std::string>& labels) {
  if (labels.empty()) return;
  json.key("labels");
  json.begin_object();
  for (const auto& [name, value] : labels) {
    json.text_key(name);
    json.text(value);
  }
  json.end_object();
}

// A part of a body, its leading comma included, that the body is valid without.
struct Part {
  std::size_t begin, end;
  [[nodiscard]] std::size_t size() const { return end - begin; }
};

// Everything; `components` are the parts with each pipeline's components.
std::string encode_all(const Heartbeat& heartbeat, std::vector<Part>& components) {
  std::string body;
  body.reserve(expected_size(heartbeat));
  JsonWriter json(body);
  json.begin_object();
  put_agent(json, heartbeat);
  put_labels(json, heartbeat.labels);
  if (heartbeat.host) put_host(json, *heartbeat.host);
  json.key("pipelines");
  json.begin_array();
  for (const HeartbeatPipeline& pipeline : heartbeat.pipelines) {
    if (pipeline.id.empty()) continue;
    json.begin_object();
    put_identity(json, pipeline);
    put_details(json, pipeline);
    const std::size_t begin = body.size();
    if (pipeline.readings) put_components(json, pipeline.readings->components);
    if (body.size() > begin) components.push_back({begin, body.size()});
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return body;
}

// Takes the largest parts out of `body` until it is no longer than `max_bytes`, and returns how many that took.
std::size_t take_out(std::string& body, std::vector<Part> parts, std::size_t max_bytes) {
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.size() > b.size(); });
  std::size_t size = body.size();
  std::size_t taken = 0;
  while (size > max_bytes && taken < parts.size()) size -= parts[taken++].size();
  parts.resize(taken);
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.begin < b.begin; });

  std::string rest;
  rest.reserve(size);
  std::size_t copied = 0;
  for (const Part& part : parts) {
    rest.append(body, copied, part.begin - copied);
    copied = part.end;
  }
  body = std::move(rest.append(body, copied));
  return taken;
}

// As many pipelines as fit, by their identity only.
std::string encode_bare(const Heartbeat& heartbeat, std::size_t max_bytes, std::size_t& pipelines_left_out) {
  constexpr std::string_view ending = "]}";
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  put_agent(json, heartbeat);
  json.key("pipelines");
  json.begin_array();
  std::size_t listed = 0;
  for (const HeartbeatPipeline& pipeline : heartbeat.pipelines) {
    const std::size_t before = body.size();
    if (!pipeline.id.empty()) {
      json.begin_object();
      put_identity(json, pipeline);
      json.end_object();
    }
    if (body.size() + ending.size() > max_bytes) {
      body.resize(before);
      break;
    }
    ++listed;
  }
  json.end_array();
  json.end_object();
  pipelines_left_out = heartbeat.pipelines.size() - listed;
  return body;
}

}  // namespace

std::string encode_heartbeat(const Heartbeat& heartbeat, LeftOut* left_out, std::size_t max_bytes) {
  LeftOut omitted;
  std::vector<Part> components;
  std::string body = encode_all(heartbeat, components);
  if (body.size() > max_bytes) omitted.components_of_pipelines = take_out(body, std::move(components), max_bytes);
  if (body.size() > max_bytes) {
    omitted.details = true;
    body = encode_bare(heartbeat, max_bytes, omitted.pipelines);
  }
  if (!heartbeat.sample_results.empty()) {
    const std::string member = ",\"sampleResults\":[" + heartbeat.sample_results + "]";
    omitted.samples = body.size() + member.size() > max_bytes;
    if (!omitted.samples) body.insert(body.size() - 1, member);
  }
  if (left_out) *left_out = omitted;
  return body;
}

}  // namespace vf::agent::vectorflow
