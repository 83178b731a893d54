// The members of one JSON object in a state file: reading them, each checked and named when it is wrong, and writing
// text of any bytes. Internal to the codecs of this folder; simdjson stays out of this header. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace simdjson::dom {
class element;
class object;
}  // namespace simdjson::dom

namespace vf::agent::state {

/// What is wrong with a field, naming it, as in "process.pid is missing"; empty: nothing.
using Problem = std::string;

/// JSON holds text of UTF-8 only: anything else is the object {"base64": "…"} in its place.
[[nodiscard]] boost::json::value text_value(std::string_view bytes);

/// Reads members; the first problem of all is kept and the rest then yields zeros. `path` stands before each name.
class JsonFields {
 public:
  /// All must outlive it.
  JsonFields(const simdjson::dom::object& object, std::string path, Problem& problem)
      : object_(object), path_(std::move(path)), problem_(problem) {}

  [[nodiscard]] std::string text(std::string_view field);
  /// Nothing where the member is not there.
  [[nodiscard]] std::optional<std::string> bytes_if_there(std::string_view field);
  [[nodiscard]] bool flag(std::string_view field);
  /// least <= value <= most, else a problem.
  [[nodiscard]] std::int64_t whole(std::string_view field, std::int64_t least = 0,
                                   std::int64_t most = std::numeric_limits<std::int64_t>::max());
  [[nodiscard]] std::uint64_t count(std::string_view field);

  /// The member as it is; the caller says problems of it.
  [[nodiscard]] bool has(std::string_view field, simdjson::dom::element& value);
  [[nodiscard]] std::string path_of(std::string_view field) const { return path_ + std::string(field); }
  void wrong(std::string_view field, std::string_view what);

 private:
  const simdjson::dom::object& object_;
  std::string path_;
  Problem& problem_;
};

}  // namespace vf::agent::state
