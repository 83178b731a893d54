#include "agent/state/pipeline_record.h"

#include <simdjson.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <limits>

#include "agent/base64.h"
#include "agent/state/json_fields.h"

namespace vf::agent::state {
namespace {

namespace dom = simdjson::dom;
namespace json = boost::json;
using supervisor::CertFile;
using supervisor::PipelineSpec;
using supervisor::ProcessRecord;

constexpr std::int64_t largest_port = 65535;

bool drop_secrets(PipelineSpec& spec, bool& lacks) {
  bool dropped = !spec.secrets.empty();
  lacks = lacks || dropped;
  spec.secrets.clear();
  for (CertFile& cert : spec.certs) {
    dropped = dropped || !cert.bytes.empty();
    cert.bytes.clear();
  }
  return dropped;
}

json::value spec_value(const PipelineSpec& spec, bool lacks_secrets) {
  json::array secrets;
  for (const auto& [name, value] : spec.secrets)
    secrets.push_back(json::object{{"name", text_value(name)}, {"value", text_value(value)}});
  json::array certs;
  for (const CertFile& cert : spec.certs) {
    json::object entry{{"filename", text_value(cert.filename)}};
    if (!cert.bytes.empty()) entry["bytes"] = encode_base64(cert.bytes);
    certs.push_back(std::move(entry));
  }
  return json::object{{"id", text_value(spec.id)},
                      {"name", text_value(spec.name)},
                      {"version", spec.version},
                      {"checksum", text_value(spec.checksum)},
                      {"config_yaml", text_value(spec.config_yaml)},
                      {"log_level", text_value(spec.log_level)},
                      {"lacks_secrets", lacks_secrets},
                      {"secrets", std::move(secrets)},
                      {"certs", std::move(certs)}};
}

json::value refused_value(const RefusedVersion& refused) {
  return json::object{{"checksum", text_value(refused.checksum)},
                      {"version", refused.version},
                      {"reason", text_value(refused.reason)},
                      {"vector_version", text_value(refused.vector_version)}};
}

json::value process_value(const ProcessRecord& process) {
  return json::object{{"pid", process.pid},
                      {"start_ticks", process.start_ticks},
                      {"boot_id", text_value(process.boot_id)},
                      {"executable", text_value(process.executable)},
                      {"metrics_port", process.ports.metrics},
                      {"api_port", process.ports.api},
                      {"version", process.version},
                      {"checksum", text_value(process.checksum)},
                      {"healthy", process.healthy},
                      {"stopping", process.stopping},
                      {"reloading", process.reloading},
                      {"stdout_offset", process.stdout_offset},
                      {"stderr_offset", process.stderr_offset}};
}

bool is_plain_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && name.find_first_of(std::string_view("=\0", 2)) == std::string_view::npos;
}

/// Reads one record; the first problem is kept.
class Decoder {
 public:
  explicit Decoder(Problem& problem) : problem_(problem) {}

  PipelineRecord record(const dom::object& root) {
    PipelineRecord record;
    JsonFields fields(root, "", problem_);
    dom::object object;
    if (child(fields, "wanted", object)) {
      record.wanted = spec(object, "wanted.", record.wanted_lacks_secrets);
    } else {
      fields.wrong("wanted", "is null");
    }
    if (child(fields, "good", object)) {
      record.good = spec(object, "good.", record.good_lacks_secrets);
      if (record.good->id != record.wanted.id) fields.wrong("good", "is another pipeline's");
    }
    if (child(fields, "runs", object)) {
      record.runs = spec(object, "runs.", record.runs_lacks_secrets);
      if (record.runs->id != record.wanted.id) fields.wrong("runs", "is another pipeline's");
    }
    if (child(fields, "refused", object)) record.refused = refused(object);
    if (child(fields, "process", object)) record.process = process(object);
    record.starts = fields.count("starts");
    return record;
  }

 private:
  /// Whether there is an object to read; null is none, all else a problem.
  bool child(JsonFields& fields, std::string_view name, dom::object& object) {
    dom::element value;
    if (!fields.has(name, value)) {
      fields.wrong(name, "is missing");
    } else if (!value.is_null()) {
      if (!value.get(object)) return true;
      fields.wrong(name, "is not an object");
    }
    return false;
  }

  PipelineSpec spec(const dom::object& object, const std::string& path, bool& lacks_secrets) {
    JsonFields fields(object, path, problem_);
    PipelineSpec spec;
    spec.id = fields.text("id");
    if (spec.id.empty()) fields.wrong("id", "is empty");
    spec.name = fields.text("name");
    spec.version = fields.whole("version");
    spec.checksum = fields.text("checksum");
    spec.config_yaml = fields.text("config_yaml");
    spec.log_level = fields.text("log_level");
    lacks_secrets = fields.flag("lacks_secrets");
    each(fields, "secrets", [&](JsonFields entry) {
      std::string name = entry.text("name");
      if (!is_variable_name(name)) entry.wrong("name", "is no environment variable's name");
      if (!spec.secrets.emplace(std::move(name), entry.text("value")).second) entry.wrong("name", "is there twice");
    });
    each(fields, "certs", [&](JsonFields entry) {
      CertFile cert;
      cert.filename = entry.text("filename");
      if (!is_plain_file_name(cert.filename)) entry.wrong("filename", "is not a plain file name");
      cert.bytes = entry.bytes_if_there("bytes").value_or("");
      spec.certs.push_back(std::move(cert));
    });
    return spec;
  }

  template <typename Read>
  void each(JsonFields& fields, std::string_view name, Read read) {
    dom::element value;
    dom::array entries;
    if (!fields.has(name, value)) return fields.wrong(name, "is missing");
    if (value.get(entries)) return fields.wrong(name, "is not an array");
    std::size_t index = 0;
    for (const dom::element entry : entries) {
      const std::string path = fields.path_of(name) + "[" + std::to_string(index++) + "]";
      dom::object object;
      if (entry.get(object)) return fields.wrong(name, "has an entry that is not an object");
      read(JsonFields(object, path + ".", problem_));
      if (!problem_.empty()) return;
    }
  }

  RefusedVersion refused(const dom::object& object) {
    JsonFields fields(object, "refused.", problem_);
    RefusedVersion refused;
    refused.checksum = fields.text("checksum");
    refused.version = fields.whole("version");
    refused.reason = fields.text("reason");
    refused.vector_version = fields.text("vector_version");
    return refused;
  }

  ProcessRecord process(const dom::object& object) {
    JsonFields fields(object, "process.", problem_);
    ProcessRecord process;
    process.pid = static_cast<pid_t>(fields.whole("pid", 1, std::numeric_limits<pid_t>::max()));
    process.start_ticks = fields.count("start_ticks");
    process.boot_id = fields.text("boot_id");
    process.executable = fields.text("executable");
    process.ports.metrics = static_cast<std::uint16_t>(fields.whole("metrics_port", 1, largest_port));
    process.ports.api = static_cast<std::uint16_t>(fields.whole("api_port", 1, largest_port));
    process.version = fields.whole("version");
    process.checksum = fields.text("checksum");
    process.healthy = fields.flag("healthy");
    process.stopping = fields.flag("stopping");
    process.reloading = fields.flag("reloading");
    process.stdout_offset = fields.count("stdout_offset");
    process.stderr_offset = fields.count("stderr_offset");
    return process;
  }

  Problem& problem_;
};

}  // namespace

bool drop_secrets(PipelineRecord& record) {
  const bool wanted = drop_secrets(record.wanted, record.wanted_lacks_secrets);
  const bool good = record.good && drop_secrets(*record.good, record.good_lacks_secrets);
  const bool runs = record.runs && drop_secrets(*record.runs, record.runs_lacks_secrets);
  return wanted || good || runs;
}

std::string encode(const PipelineRecord& record, bool keep_secrets) {
  if (!keep_secrets) {
    PipelineRecord without = record;
    if (drop_secrets(without)) return encode(without, true);
  }
  json::object root{{"wanted", spec_value(record.wanted, record.wanted_lacks_secrets)},
                    {"good", nullptr},
                    {"runs", nullptr},
                    {"refused", nullptr},
                    {"process", nullptr},
                    {"starts", record.starts}};
  if (record.good) root["good"] = spec_value(*record.good, record.good_lacks_secrets);
  if (record.runs) root["runs"] = spec_value(*record.runs, record.runs_lacks_secrets);
  if (record.refused) root["refused"] = refused_value(*record.refused);
  if (record.process) root["process"] = process_value(*record.process);
  return json::serialize(root);
}

Result<PipelineRecord> decode_pipeline_record(std::string_view body) {
  dom::parser parser;
  dom::element root;
  dom::object object;
  Problem problem;
  if (const auto error = parser.parse(body.data(), body.size()).get(root))
    problem = std::string("it is not JSON: ") + simdjson::error_message(error);
  else if (root.get(object))
    problem = "it is not a JSON object";
  PipelineRecord record;
  if (problem.empty()) record = Decoder(problem).record(object);
  if (!problem.empty()) return Error{"understand the saved pipeline", std::move(problem)};
  return record;
}

}  // namespace vf::agent::state
