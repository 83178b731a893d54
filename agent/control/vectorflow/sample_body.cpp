#include "agent/control/vectorflow/sample_body.h"

#include "agent/control/vectorflow/json_writer.h"
#include "logbuf/surrogates.h"
#include "tapper/schema.h"

namespace vf::agent::vectorflow {
namespace {

void put_schema(JsonWriter& json, const std::vector<std::string>& events) {
  json.key("schema");
  json.begin_array();
  for (const tapper::SchemaField& field : tapper::schema_of(events)) {
    json.begin_object();
    json.key("path");
    json.text(field.path);
    json.key("type");
    json.text(field.type);
    json.key("sample");
    json.text(field.sample);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string encode_sample_results(const std::string& request_id, std::vector<tapper::ComponentSample> samples) {
  std::string results;
  for (tapper::ComponentSample& sample : samples) {
    if (!results.empty()) results += ',';
    JsonWriter json(results);
    json.begin_object();
    json.key("requestId");
    json.text(request_id);
    json.key("componentKey");
    json.text(sample.component_id);
    if (sample.events.empty()) {
      json.key("error");
      json.text(sample.error);
    } else {
      json.key("events");
      json.begin_array();
      for (std::string& event : sample.events) {
        logbuf::mend_nuls(event);
        json.raw(event);
      }
      json.end_array();
      put_schema(json, sample.events);
    }
    json.end_object();
  }
  return results;
}

std::string encode_samples(const std::string& results) {
  return "{\"results\":[" + results + "]}";
}

}  // namespace vf::agent::vectorflow
