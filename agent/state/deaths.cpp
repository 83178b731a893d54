#include "agent/state/deaths.h"

#include <simdjson.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <vector>

#include "agent/state/json_fields.h"

namespace vf::agent::state {
namespace {

namespace dom = simdjson::dom;
namespace json = boost::json;

constexpr std::string_view list_member = "newest_first";

/// Cuts before a character that would go past `limit` bytes; of what is no UTF-8, at the limit or up to 3 bytes before.
void cut(std::string& text, std::size_t limit) {
  if (text.size() <= limit) return;
  std::size_t end = limit;
  while (end > limit - 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
}

json::value death_value(const Death& death) {
  return json::object{{"pipeline_id", text_value(death.pipeline_id)},
                      {"pipeline_name", text_value(death.pipeline_name)},
                      {"at", death.at},
                      {"how", text_value(death.how)},
                      {"uptime_ms", death.uptime_ms},
                      {"last_error", text_value(death.last_error)},
                      {"next", text_value(death.next)},
                      {"version", death.version}};
}

Death read_death(const dom::object& object, std::string path, Problem& problem) {
  JsonFields fields(object, std::move(path), problem);
  Death death;
  death.pipeline_id = fields.text("pipeline_id");
  death.pipeline_name = fields.text("pipeline_name");
  death.at = fields.whole("at");
  death.how = fields.text("how");
  death.uptime_ms = fields.whole("uptime_ms");
  death.last_error = fields.text("last_error");
  death.next = fields.text("next");
  death.version = fields.whole("version");
  return death;
}

/// Newest first, at most Deaths::most.
std::vector<Death> read_deaths(std::string_view body, Problem& problem) {
  dom::parser parser;
  dom::element root;
  dom::object object;
  dom::element list;
  dom::array entries;
  std::vector<Death> deaths;
  if (const auto error = parser.parse(body.data(), body.size()).get(root))
    problem = std::string("it is not JSON: ") + simdjson::error_message(error);
  else if (root.get(object))
    problem = "it is not a JSON object";
  else if (object.at_key(list_member).get(list))
    problem = std::string(list_member) + " is missing";
  else if (list.get(entries))
    problem = std::string(list_member) + " is not an array";
  if (!problem.empty()) return deaths;

  for (const dom::element entry : entries) {
    if (deaths.size() == Deaths::most) break;
    const std::string path = std::string(list_member) + "[" + std::to_string(deaths.size()) + "]";
    dom::object members;
    if (entry.get(members)) {
      problem = path + " is not an object";
      break;
    }
    deaths.push_back(read_death(members, path + ".", problem));
    if (!problem.empty()) break;
  }
  return deaths;
}

}  // namespace

void Deaths::add(Death death) {
  cut(death.last_error, longest_error);
  for (std::int64_t* number : {&death.at, &death.uptime_ms, &death.version})
    *number = std::max<std::int64_t>(*number, 0);
  deaths_.push_front(std::move(death));
  if (deaths_.size() > most) deaths_.pop_back();
}

std::string encode(const Deaths& deaths) {
  json::array list;
  for (const Death& death : deaths.newest_first()) list.push_back(death_value(death));
  return json::serialize(json::object{{list_member, std::move(list)}});
}

Result<Deaths> decode_deaths(std::string_view body) {
  Problem problem;
  std::vector<Death> newest_first = read_deaths(body, problem);
  if (!problem.empty()) return Error{"understand the saved deaths", std::move(problem)};
  Deaths deaths;
  for (auto death = newest_first.rbegin(); death != newest_first.rend(); ++death) deaths.add(std::move(*death));
  return deaths;
}

}  // namespace vf::agent::state
