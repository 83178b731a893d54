#include "tapper/event_reader.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "tapper/tap_lines.h"

namespace vf::tapper {
namespace {

using Found = std::optional<std::pair<std::string, std::string>>;

Found read(EventReader& reader, const std::string& line) {
  const std::string padded = line + std::string(kPadding, '\0');
  const auto found = reader.read(std::string_view(padded).substr(0, line.size()));
  if (!found) return std::nullopt;
  return std::pair(std::string(found->component_id), std::string(found->event));
}

std::string meta(const std::string& event) {
  return R"({"component_id":"parse","component_kind":"transform","component_type":"remap","event":)" + event + "}";
}

Found bare(const std::string& event) {
  EventReader reader(false);
  return read(reader, meta(event));
}

bool is_taken(const std::string& event) {
  return bare(event) == Found(std::pair("parse", event));
}

}  // namespace

TEST_CASE("an event leaves as the bytes it came as") {
  for (const char* event : {R"({"a":1})", R"({ "b" : [1, 2.50, -3e+7, true, false, null, "x"] })", R"({})", R"([])",
                            R"("just a string")", "12", "null", "true", R"({"a":{"b":{"c":[{},[]]}}})",
                            R"({"a":"\" \\ \/ \b \f \n \r \t é ä 日本 }{][,:"})", R"({"log":{"a":1}})"}) {
    INFO(event);
    CHECK(is_taken(event));
  }
}

TEST_CASE("half a surrogate pair is replaced, a NUL's escape is left alone") {
  CHECK(bare(R"({"a":"half \ud83d, whole \ud83d\ude00"})") ==
        Found(std::pair("parse", R"({"a":"half \uFFFD, whole \ud83d\ude00"})")));
  CHECK(bare(R"({"\udc00":1})") == Found(std::pair("parse", R"({"\uFFFD":1})")));
  CHECK(is_taken(R"({"a":"\u0000"})"));
}

TEST_CASE("a line that is not JSON is no event") {
  for (const char* event : {"{",
                            "}",
                            R"({"a":})",
                            R"({"a":01})",
                            R"({"a":1.})",
                            R"({"a":tru})",
                            R"({"a":nul})",
                            R"({"a" 1})",
                            R"([1,])",
                            R"([1 2])",
                            R"({"a":1,})",
                            R"({"a":"\x"})",
                            R"({"a":"\u12G4"})",
                            R"({"\x":1})",
                            R"({"a":"open})",
                            R"({"a":1}})",
                            R"({"a":1} x)",
                            "{\"a\":\"\x01\"}",
                            "{\"a\":\"\xff\xfe\"}",
                            "{\"a\":\"\xed\xa0\x80\"}",
                            "No event data",
                            R"(1 2)",
                            R"({"a":+1})",
                            R"({"a":NaN})",
                            R"({"a":"\ud800\x"})",
                            R"({"a":1e})",
                            R"({"a":--1})",
                            R"({'a':1})",
                            ""}) {
    INFO(event);
    CHECK_FALSE(bare(event));
  }
  EventReader reader(false);
  for (const char* line : {"", "x", "[]", "{}", "null", R"({"component_id":"a"})", R"({"event":{}})",
                           R"({"component_id":1,"event":{}})", R"([{"component_id":"a","event":{}}])"}) {
    INFO(line);
    CHECK_FALSE(read(reader, line));
  }
  CHECK_FALSE(read(reader, meta("{}") + meta("{}")));
  CHECK_FALSE(read(reader, meta("{}") + " trailing"));
  CHECK(read(reader, meta("{}")));  // and it reads on
}

TEST_CASE("nesting beyond all reason is refused, not a stack's end") {
  const std::string deep(100000, '[');
  CHECK_FALSE(bare(deep + std::string(100000, ']')));
  CHECK(is_taken(std::string(200, '[') + std::string(200, ']')));
}

TEST_CASE("the wrapper of 0.57 is cut off, whatever kind of event it is") {
  EventReader reader(true);
  CHECK(read(reader, meta(R"({"log":{"a":1}})")) == Found(std::pair("parse", R"({"a":1})")));
  CHECK(read(reader, meta(R"({"metric":{"name":"x","gauge":{"value":1.0}}})")) ==
        Found(std::pair("parse", R"({"name":"x","gauge":{"value":1.0}})")));
  CHECK(read(reader, meta(R"({"trace":{"spans":[]}})")) == Found(std::pair("parse", R"({"spans":[]})")));
  CHECK(read(reader, meta(R"({"log":"text"})")) == Found(std::pair("parse", R"("text")")));
  CHECK(read(reader, meta(R"({"log":{"log":{"a":1}}})")) == Found(std::pair("parse", R"({"log":{"a":1}})")));
  CHECK_FALSE(read(reader, meta(R"({"other":{"a":1}})")));
}

TEST_CASE("what real Vectors printed is read to the last line") {
  for (const auto& [file, wrapped] : {std::pair("vector-0.54.meta.jsonl", false), {"vector-0.57.meta.jsonl", true}}) {
    std::ifstream recorded(std::string(VF_SOURCE_DIR "/tests/unit/tapper/fixtures/") + file);
    EventReader reader(wrapped);
    std::size_t lines = 0;
    for (std::string line; std::getline(recorded, line); ++lines) {
      const Found found = read(reader, line);
      REQUIRE(found);
      CHECK(!found->first.empty());
      CHECK(found->second.starts_with("{\"bytes\":") != found->second.starts_with("{\"host\":"));
    }
    CHECK(lines > 3);
  }
}

}  // namespace vf::tapper
