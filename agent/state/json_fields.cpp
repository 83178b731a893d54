#include "agent/state/json_fields.h"

#include <simdjson.h>

#include <boost/json/object.hpp>

#include "agent/base64.h"

namespace vf::agent::state {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view base64_member = "base64";

/// The bytes of a text_value.
std::optional<std::string> bytes_of(const dom::element& value) {
  std::string_view text;
  if (!value.get(text)) return std::string(text);
  dom::object object;
  if (value.get(object) || object.at_key(base64_member).get(text)) return std::nullopt;
  return decode_base64(text);
}

}  // namespace

boost::json::value text_value(std::string_view bytes) {
  if (simdjson::validate_utf8(bytes.data(), bytes.size())) return boost::json::string_view(bytes);
  return boost::json::object{{base64_member, encode_base64(bytes)}};
}

bool JsonFields::has(std::string_view field, dom::element& value) {
  return object_.at_key(field).get(value) == simdjson::SUCCESS;
}

void JsonFields::wrong(std::string_view field, std::string_view what) {
  if (problem_.empty()) problem_ = path_of(field) + " " + std::string(what);
}

std::string JsonFields::text(std::string_view field) {
  dom::element value;
  if (!has(field, value)) {
    wrong(field, "is missing");
    return {};
  }
  std::optional<std::string> bytes = bytes_of(value);
  if (!bytes) wrong(field, "is not text");
  return bytes ? std::move(*bytes) : std::string();
}

std::optional<std::string> JsonFields::bytes_if_there(std::string_view field) {
  dom::element value;
  if (!has(field, value)) return std::nullopt;
  std::string_view text;
  std::optional<std::string> bytes;
  if (!value.get(text)) bytes = decode_base64(text);
  if (!bytes) wrong(field, "is not base64");
  return bytes;
}

bool JsonFields::flag(std::string_view field) {
  dom::element value;
  bool flag = false;
  if (!has(field, value))
    wrong(field, "is missing");
  else if (value.get(flag))
    wrong(field, "is neither true nor false");
  return flag;
}

std::int64_t JsonFields::whole(std::string_view field, std::int64_t least, std::int64_t most) {
  dom::element value;
  std::int64_t number = 0;
  if (!has(field, value)) {
    wrong(field, "is missing");
  } else if (value.get(number)) {
    wrong(field, "is not a whole number below 2^63");
  } else if (number < least || number > most) {
    wrong(field, "is out of range: " + std::to_string(number));
  } else {
    return number;
  }
  return least;
}

std::uint64_t JsonFields::count(std::string_view field) {
  dom::element value;
  std::uint64_t number = 0;
  if (!has(field, value)) {
    wrong(field, "is missing");
  } else if (value.get(number)) {
    wrong(field, "is not a whole number of 0 or more");
    return 0;
  }
  return number;
}

}  // namespace vf::agent::state
