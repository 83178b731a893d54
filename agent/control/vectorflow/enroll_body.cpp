#include "agent/control/vectorflow/enroll_body.h"

#include <simdjson.h>

#include <algorithm>

#include "agent/control/vectorflow/error_text.h"
#include "agent/control/vectorflow/json_writer.h"
#include "agent/control/vectorflow/utf8.h"

namespace vf::agent::vectorflow {

namespace {

namespace dom = simdjson::dom;

constexpr std::size_t longest_hostname = 253;
constexpr std::size_t longest_text = 100;
constexpr std::size_t longest_token = 4096;
constexpr std::size_t longest_shown = 200;

Error refuse(std::string reason) {
  return {"understand the server's enrolment answer", std::move(reason)};
}

std::string shown(const dom::object& answer, std::string_view field) {
  std::string_view text;
  if (answer.at_key(field).get(text)) return {};
  return one_line(text, longest_shown);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(space), text.size());
  return text.substr(begin, text.find_last_not_of(space) + 1 - begin);
}

}  // namespace

std::string encode_enroll(const EnrollRequest& request) {
  std::string body;
  JsonWriter json(body);
  const auto put = [&](std::string_view key, std::string_view text) {
    if (text.empty()) return;
    json.key(key);
    json.text(utf16_prefix(text, longest_text));
  };

  json.begin_object();
  json.key("token");
  json.text(request.token);
  json.key("hostname");
  json.text(request.hostname.empty() ? "unknown" : utf16_prefix(request.hostname, longest_hostname));
  put("os", request.os);
  put("agentVersion", request.agent_version);
  put("vectorVersion", request.vector_version);
  if (!request.labels.empty()) {
    json.key("labels");
    json.begin_object();
    for (const auto& [name, value] : request.labels) {
      json.text_key(name);
      json.text(value);
    }
    json.end_object();
  }
  json.end_object();
  return body;
}

Result<Enrolled> decode_enrolled(std::string_view body) {
  dom::parser parser;
  dom::element root;
  if (const auto error = parser.parse(body.data(), body.size()).get(root))
    return refuse(std::string("it is not JSON: ") + simdjson::error_message(error));
  dom::object answer;
  if (root.get(answer)) return refuse("it is not a JSON object");

  std::string_view token;
  if (answer.at_key("nodeToken").get(token)) return refuse("`nodeToken` is missing or not a string");
  token = trimmed(token);
  const auto printable = [](char c) { return c > 0x20 && c < 0x7F; };
  if (token.empty()) return refuse("`nodeToken` is empty");
  if (token.size() > longest_token) return refuse("`nodeToken` is longer than 4096 characters");
  if (!std::all_of(token.begin(), token.end(), printable))
    return refuse("`nodeToken` has characters that no HTTP header can carry");
  return Enrolled{shown(answer, "nodeId"), std::string(token), shown(answer, "environmentId"),
                  shown(answer, "environmentName")};
}

}  // namespace vf::agent::vectorflow
