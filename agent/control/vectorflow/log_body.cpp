#include "agent/control/vectorflow/log_body.h"

#include <algorithm>

#include "agent/control/vectorflow/json_writer.h"

namespace vf::agent::vectorflow {

namespace {

void put_entry(JsonWriter& json, std::string_view pipeline_id, std::span<const std::string> lines) {
  json.begin_object();
  json.key("pipelineId");
  json.text(pipeline_id);
  json.key("lines");
  json.begin_array();
  for (const std::string& line : lines) json.text(line);
  json.end_array();
  json.end_object();
}

}  // namespace

std::string encode_logs(std::span<const logbuf::LogEntry> entries) {
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const logbuf::LogEntry& entry : entries) {
    if (entry.pipeline_id.empty()) continue;
    std::span<const std::string> lines = entry.lines;
    while (!lines.empty()) {
      const std::size_t count = std::min(lines.size(), most_lines);
      put_entry(json, entry.pipeline_id, lines.first(count));
      lines = lines.subspan(count);
    }
  }
  json.end_array();
  return body;
}

}  // namespace vf::agent::vectorflow
