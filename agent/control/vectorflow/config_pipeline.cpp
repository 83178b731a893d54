#include "agent/control/vectorflow/config_pipeline.h"

#include <simdjson.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "agent/base64.h"
#include "agent/control/vectorflow/error_text.h"

namespace vf::agent::vectorflow {

namespace {

namespace dom = simdjson::dom;
using supervisor::CertFile;
using supervisor::PipelineSpec;

constexpr std::size_t longest_id = 255;               // bytes; VectorFlow's ids have 25
constexpr std::size_t longest_name = 200;             // characters; for people
constexpr std::size_t longest_filename = 250;         // bytes; NAME_MAX less the suffix of a file that is being written
constexpr std::size_t longest_variable = 128 * 1024;  // bytes of NAME=value and NUL; execve's MAX_ARG_STRLEN
constexpr std::size_t longest_quoted = 64;            // characters of a foreign name in a reason

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

// The field's value; nothing where it is absent or null.
std::optional<dom::element> value_of(const dom::object& from, std::string_view field) {
  dom::element value;
  if (from.at_key(field).get(value) || value.is_null()) return std::nullopt;
  return value;
}

Problem read_version(const dom::object& from, std::int64_t& to) {
  const std::optional<dom::element> value = value_of(from, "version");
  if (!value) return {};
  double number = 0;
  if (value->get(number)) return "version is not a number";
  to = static_cast<std::int64_t>(std::clamp(number, 0.0, double{std::numeric_limits<std::int32_t>::max()}));
  return {};
}

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

Problem read_secrets(const dom::object& from, std::map<std::string, std::string>& to) {
  const std::optional<dom::element> field = value_of(from, "secrets");
  if (!field) return {};
  dom::object secrets;
  if (field->get(secrets)) return "secrets is not an object";
  for (const dom::key_value_pair secret : secrets) {
    const std::string name = "secrets." + one_line(secret.key, longest_quoted);
    if (!is_variable_name(secret.key)) return name + " is not a valid environment variable name";
    std::string_view value;
    if (secret.value.get(value)) return name + " is not a string";
    if (has_nul(value)) return name + " has a NUL character, which no environment variable can hold";
    if (secret.key.size() + value.size() + 2 > longest_variable)
      return name + " is longer than the 128 KiB an environment variable may have";
    to.insert_or_assign(std::string(secret.key), std::string(value));
  }
  return {};
}

Problem check_filename(std::string_view name) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (name.empty()) return "is empty";
  if (name == "." || name == ".." || name.find('/') != std::string_view::npos ||
      std::any_of(name.begin(), name.end(), control))
    return "is not a plain file name: " + one_line(name, longest_quoted);
  if (name.size() > longest_filename) return "is longer than 250 bytes";
  return {};
}

Problem read_cert(const dom::element& entry, const std::string& path, std::vector<CertFile>& to) {
  dom::object object;
  if (entry.get(object)) return path + " is not an object";
  CertFile cert;
  if (const Problem problem = read_text(object, "filename", Need::required, cert.filename); !problem.empty())
    return path + "." + problem;
  if (const Problem problem = check_filename(cert.filename); !problem.empty()) return path + ".filename " + problem;
  std::string data;
  if (const Problem problem = read_text(object, "data", Need::required, data); !problem.empty())
    return path + "." + problem;
  std::optional<std::string> bytes = decode_base64(data);
  if (!bytes) return path + ".data is not base64";
  cert.bytes = std::move(*bytes);

  const auto same_name = [&](const CertFile& other) { return other.filename == cert.filename; };
  const auto other = std::find_if(to.begin(), to.end(), same_name);
  if (other == to.end()) {
    to.push_back(std::move(cert));
  } else if (other->bytes != cert.bytes) {
    return path + ".filename is there twice with different data: " + one_line(cert.filename, longest_quoted);
  }
  return {};
}

Problem read_certs(const dom::object& from, std::vector<CertFile>& to) {
  const std::optional<dom::element> field = value_of(from, "certFiles");
  if (!field) return {};
  dom::array entries;
  if (field->get(entries)) return "certFiles is not an array";
  std::size_t index = 0;
  for (const dom::element entry : entries) {
    const std::string path = "certFiles[" + std::to_string(index++) + "]";
    if (Problem problem = read_cert(entry, path, to); !problem.empty()) return problem;
  }
  return {};
}

}  // namespace

Problem read_text(const dom::object& from, std::string_view field, Need need, std::string& to) {
  const std::optional<dom::element> value = value_of(from, field);
  if (!value) return need == Need::required ? std::string(field) + " is missing" : Problem{};
  std::string_view text;
  if (value->get(text)) return std::string(field) + " is not a string";
  if (has_nul(text)) return std::string(field) + " has a NUL character";
  to = text;
  return {};
}

std::string read_pipeline_id(const dom::element& entry) {
  dom::object object;
  std::string id;
  if (entry.get(object) || !read_text(object, "pipelineId", Need::required, id).empty() || id.size() > longest_id)
    return {};
  return id;
}

Problem read_pipeline(const dom::element& entry, PipelineSpec& spec) {
  dom::object object;
  if (entry.get(object)) return "it is not an object";

  // Every field is read, so that a refusal shows the name and version it can; the first problem is told.
  Problem first;
  const auto note = [&](Problem problem) {
    if (first.empty()) first = std::move(problem);
  };
  note(read_text(object, "pipelineName", Need::optional, spec.name));
  spec.name = one_line(spec.name.empty() ? spec.id : spec.name, longest_name);
  note(read_version(object, spec.version));
  note(read_text(object, "configYaml", Need::required, spec.config_yaml));
  note(read_text(object, "checksum", Need::optional, spec.checksum));
  note(read_text(object, "logLevel", Need::optional, spec.log_level));
  note(read_secrets(object, spec.secrets));
  note(read_certs(object, spec.certs));
  return first;
}

}  // namespace vf::agent::vectorflow
