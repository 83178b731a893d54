#include "agent/commands/stream_object.h"

#include <catch2/catch.hpp>

using namespace vf::agent;
using Kind = StreamObject::Kind;

TEST_CASE("a log line keeps its number and its text, with what JSON had to escape") {
  const auto object = read_stream_object(R"({"number": 41, "line": "a \"b\" \u00e4\u001b[31m"})");
  CHECK(object.kind == Kind::line);
  CHECK(object.number == 41);
  CHECK(object.text == "a \"b\" ä\x1b[31m");
}

TEST_CASE("an event keeps its bytes, whatever kind of value it is") {
  for (const std::string event : {R"({"b":1.50,"a":[1, 2]})", R"("text \u0041")", "12.0", "[]", "null", "true"}) {
    const auto object = read_stream_object("{\"event\": " + event + " }");
    CHECK(object.kind == Kind::event);
    CHECK(object.text == event);
  }
}

TEST_CASE("what is said beside events and lines is told apart") {
  CHECK(read_stream_object(R"({"dropped": 12})").kind == Kind::dropped);
  CHECK(read_stream_object(R"({"dropped": 12})").number == 12);
  CHECK(read_stream_object(R"({"notice": "waits"})").text == "waits");
  CHECK(read_stream_object(R"({"notice": "waits"})").kind == Kind::notice);
  CHECK(read_stream_object(R"({"stopped": "limit"})").kind == Kind::stopped);
}

TEST_CASE("members that a later agent adds are passed over, and what is no object is unknown") {
  CHECK(read_stream_object(R"({"new": {"line": 1}, "line": "x", "number": 2, "more": []})").kind == Kind::line);
  for (const char* text : {"", "[]", "{", "null", "{\"line\": 1}", "{\"later\": \"x\"}", "not json"})
    CHECK(read_stream_object(text).kind == Kind::unknown);
}
