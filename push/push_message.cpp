#include "push/push_message.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace vf::push {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t max_printed_bytes = 64;
constexpr std::size_t max_reason_bytes = 256;
constexpr std::size_t max_text_bytes = 4096;  // URLs, checksums, signatures
constexpr std::int64_t default_sample_limit = 10;

// For logs: bounded, and nothing in it can forge a line or move a cursor.
std::string printable(std::string_view text, std::size_t max_bytes = max_printed_bytes) {
  std::string out(text.substr(0, max_bytes));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

// At most `max_bytes` of valid UTF-8, cut between characters.
std::string_view cut(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xC0) == 0x80) --max_bytes;
  return text.substr(0, max_bytes);
}

// Ids end up in command lines, file names and answers: a NUL or a newline in one is nobody's id.
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

// Reads fields out of one message and remembers the first one that is not as it must be.
class Fields {
 public:
  explicit Fields(const object& fields) : fields_(fields) {}

  std::string id(const char* name) { return text(name, max_id_bytes); }

  std::string text(const char* name, std::size_t max_bytes = max_text_bytes) {
    std::string_view value;
    if (fields_[name].get(value) != simdjson::SUCCESS) return refuse(name, "is missing or no string");
    if (value.empty()) return refuse(name, "is empty");
    if (value.size() > max_bytes) return refuse(name, "is too long");
    if (has_control(value)) return refuse(name, "holds a control character");
    return std::string(value);
  }

  // Told to people only: cut rather than refused.
  std::string optional_text(const char* name, std::size_t max_bytes) const {
    std::string_view value;
    if (fields_[name].get(value) != simdjson::SUCCESS) return {};
    return std::string(cut(value, max_bytes));
  }

  // Any JSON number, rounded and clamped to [low, high]; `absent` where the field is not there.
  std::int64_t number(const char* name, std::int64_t low, std::int64_t high, std::optional<std::int64_t> absent) {
    element value;
    if (fields_[name].get(value) != simdjson::SUCCESS) {
      if (!absent) refuse(name, "is missing");
      return absent.value_or(low);
    }
    double number = 0;
    if (value.get(number) != simdjson::SUCCESS) {
      refuse(name, "is no number");
      return low;
    }
    return std::llround(std::clamp(number, static_cast<double>(low), static_cast<double>(high)));
  }

  std::vector<std::string> keys(const char* name, std::size_t& dropped) {
    simdjson::dom::array values;
    std::vector<std::string> keys;
    if (fields_[name].get(values) != simdjson::SUCCESS) {
      refuse(name, "is missing or no array");
      return keys;
    }
    for (const element entry : values) {
      std::string_view key;
      if (entry.get(key) != simdjson::SUCCESS || key.empty() || key.size() > max_id_bytes || has_control(key)) {
        refuse(name, "holds something that is no component key");
        return {};
      }
      if (keys.size() < max_component_keys) {
        keys.emplace_back(key);
      } else {
        ++dropped;
      }
    }
    if (keys.empty()) refuse(name, "is empty");
    return keys;
  }

  // `message`, unless a field was refused.
  PushMessage unless_refused(std::string_view type, PushMessage message) const {
    if (refusal_.empty()) return message;
    return Malformed{std::string(type) + ": " + refusal_};
  }

 private:
  std::string refuse(const char* name, const char* why) {
    if (refusal_.empty()) refusal_ = std::string(name) + " " + why;
    return {};
  }

  const object& fields_;
  std::string refusal_;
};

PushMessage decode_sample_request(Fields& fields) {
  SampleRequest request;
  request.request_id = fields.id("requestId");
  request.pipeline_id = fields.id("pipelineId");
  request.component_keys = fields.keys("componentKeys", request.keys_dropped);
  request.limit = static_cast<int>(fields.number("limit", 1, 1000, default_sample_limit));
  return request;
}

PushMessage decode_self_update(Fields& fields) {
  SelfUpdate update;
  update.target_version = fields.id("targetVersion");
  update.download_url = fields.text("downloadUrl");
  update.checksum = fields.text("checksum");
  update.signature = fields.optional_text("signature", max_text_bytes);
  return update;
}

PushMessage decode_action(Fields& fields) {
  const std::string action = fields.id("action");
  if (action == "self_update") return decode_self_update(fields);
  if (action == "restart") return RestartPipeline{fields.id("pipelineId")};
  return Unknown{"action:" + printable(action)};
}

PushMessage decode_known(std::string_view type, Fields& fields) {
  if (type == "config_changed") {
    return ConfigChanged{fields.optional_text("pipelineId", max_id_bytes),
                         fields.optional_text("reason", max_reason_bytes)};
  }
  if (type == "sample_request") return decode_sample_request(fields);
  if (type == "tap_start") return TapStart{fields.id("requestId"), fields.id("pipelineId"), fields.id("componentId")};
  if (type == "tap_stop") return TapStop{fields.id("requestId")};
  if (type == "action") return decode_action(fields);
  if (type == "poll_interval") {
    return SetPollInterval{std::chrono::milliseconds(fields.number("intervalMs", 1000, 3600000, std::nullopt))};
  }
  return Unknown{printable(type)};
}

}  // namespace

PushMessage decode_push_message(std::string_view json) {
  simdjson::dom::parser parser;
  element document;
  if (const auto fault = parser.parse(json.data(), json.size()).get(document); fault != simdjson::SUCCESS) {
    return Malformed{std::string("not JSON: ") + simdjson::error_message(fault)};
  }
  object object;
  std::string_view type;
  if (document.get(object) != simdjson::SUCCESS) return Malformed{"not a JSON object"};
  if (object["type"].get(type) != simdjson::SUCCESS) return Malformed{"type is missing or no string"};
  Fields fields(object);
  PushMessage message = decode_known(type, fields);
  return fields.unless_refused(printable(type), std::move(message));
}

}  // namespace vf::push
