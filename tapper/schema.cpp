#include "tapper/schema.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace vf::tapper {
namespace {

namespace dom = simdjson::dom;

// {"path":"","type":"boolean","sample":""},
constexpr std::size_t beside_a_path = 42;

/// Not in the middle of a character.
std::string cut(std::string_view text) {
  if (text.size() <= most_sample_bytes) return std::string(text);
  std::size_t end = most_sample_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string shortest(double value) {
  char text[32];
  const auto written = std::to_chars(text, text + sizeof text, value);
  return {text, written.ptr};
}

/// Type and sample.
std::pair<std::string, std::string> shown(dom::element value) {
  switch (value.type()) {
    case dom::element_type::OBJECT:
      return {"object", ""};
    case dom::element_type::ARRAY: {
      const dom::array array = value.get_array().value_unsafe();
      std::size_t items = 0;  // its size() is counted up to 16 million only
      for ([[maybe_unused]] const dom::element item : array) ++items;
      return {"array", "[" + std::to_string(items) + " items]"};
    }
    case dom::element_type::STRING:
      return {"string", cut(value.get_string().value_unsafe())};
    case dom::element_type::INT64:
      return {"float", std::to_string(value.get_int64().value_unsafe())};
    case dom::element_type::UINT64:
      return {"float", std::to_string(value.get_uint64().value_unsafe())};
    case dom::element_type::DOUBLE:
      return {"float", shortest(value.get_double().value_unsafe())};
    case dom::element_type::BOOL:
      return {"boolean", value.get_bool().value_unsafe() ? "true" : "false"};
    case dom::element_type::NULL_VALUE:
      return {"null", "null"};
  }
  return {"null", "null"};
}

class Collector {
 public:
  void add(dom::object object, const std::string& prefix, std::size_t depth) {
    std::vector<std::pair<std::string_view, dom::element>> members;
    for (const dom::key_value_pair member : object) members.emplace_back(member.key, member.value);
    std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [key, value] : members) {
      // Before the path is made. What is below it would be longer still.
      if (bytes_ + prefix.size() + key.size() + beside_a_path > most_schema_bytes) continue;
      const std::string path = prefix + "." + std::string(key);
      if (fields.size() < most_fields && seen_.insert(path).second) {
        auto [type, sample] = shown(value);
        bytes_ += path.size() + sample.size() + beside_a_path;
        fields.push_back({path, std::move(type), std::move(sample)});
      }
      if (value.is_object() && depth < deepest_field) add(value.get_object().value_unsafe(), path, depth + 1);
    }
  }

  std::vector<SchemaField> fields;

 private:
  std::unordered_set<std::string> seen_;
  std::size_t bytes_ = 0;
};

}  // namespace

std::vector<SchemaField> schema_of(const std::vector<std::string>& events) {
  Collector collector;
  dom::parser parser;
  for (const std::string& event : events) {
    dom::element root;
    if (parser.parse(event).get(root) || !root.is_object()) continue;
    collector.add(root.get_object().value_unsafe(), "", 1);
  }
  return std::move(collector.fields);
}

}  // namespace vf::tapper
