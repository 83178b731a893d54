#include "supervisor/component_graph.h"

#include <catch2/catch.hpp>

using namespace vf::supervisor;

namespace {

std::string in_words(std::string_view yaml) {
  std::string text;
  for (const Component& one : component_graph(yaml)) {
    text += std::string(to_string(one.kind)) + " " + one.id + " " + one.type + " <";
    for (const std::string& input : one.inputs) text += " " + input;
    text += "; ";
  }
  return text;
}

}  // namespace

TEST_CASE("components are read as they are written, in block and flow style") {
  CHECK(in_words("sinks: {out: {type: console, inputs: in_*}}\n"
                 "sources:\n  b:\n    type: demo_logs\n  a: {type: \"file\"}\n"
                 "transforms:\n  t.x:\n    type: route\n    inputs: [b, 'a', \"r.errors\"]\n") ==
        "source b demo_logs <; source a file <; transform t.x route < b a r.errors; sink out console < in_*; ");
  CHECK(in_words("{\"sources\": {\"a\": {\"type\": \"stdin\"}}}") == "source a stdin <; ");
}

TEST_CASE("references stay in what is read, and what is no component is none") {
  CHECK(in_words("sources:\n  a: {type: ${TYPE}}\nsinks:\n  o: {type: x, inputs: [\"${IN}\", {}, a]}\n") ==
        "source a ${TYPE} <; sink o x < ${IN} a; ");
  CHECK(in_words("sources: [a]\nsinks: x\ntransforms: {a: b, c: {inputs: 7}}\n") == "transform c  < 7; ");
  for (const char* yaml : {"", "x", "- a", "a: [", "sources:\n  a: {type: x}\n---\nb: 1\n"})
    CHECK(in_words(yaml).empty());
}

TEST_CASE("a component that is none is told with those that there are") {
  const char* yaml = "sources: {in: {type: x}}\ntransforms: {route: {type: route, inputs: [in]}}\n";
  CHECK(unknown_component(yaml, "in").empty());
  CHECK(unknown_component(yaml, "route.errors").empty());
  CHECK(unknown_component(yaml, "out") == "this pipeline has no component out; it has in, route");
  CHECK(unknown_component("no: [", "out").empty());  // nothing is known of it
}

TEST_CASE("a text with a comma where a document would begin is no YAML, and not endless") {
  for (const char* yaml : {",", ",x", "{\"sources\": {\"a\": {\"type\": \"x\"}}},", "[a],", "a: 1\n...\n,", "--- ,"}) {
    CAPTURE(yaml);
    CHECK(in_words(yaml).empty());
  }
}
