#include "agent/commands/json_reading.h"

#include <boost/json/parse.hpp>

namespace vf::agent {

namespace json = boost::json;

Result<json::object> read_object(std::string_view text) {
  boost::system::error_code failed;
  json::value root = json::parse({text.data(), text.size()}, failed);
  if (failed || !root.is_object()) return Error{"read the agent's answer", "it is no JSON object", 0};
  return std::move(root.get_object());
}

std::string words(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::optional<double> number(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

std::int64_t whole(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code beyond;
  const auto read = value->to_number<std::int64_t>(beyond);
  return beyond ? 0 : read;
}

const json::array& items(const json::object& from, std::string_view name) {
  static const json::array empty;
  const json::value* value = from.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_array() ? value->get_array() : empty;
}

const json::object& part(const json::object& from, std::string_view name) {
  static const json::object empty;
  const json::value* value = from.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_object() ? value->get_object() : empty;
}

}  // namespace vf::agent
