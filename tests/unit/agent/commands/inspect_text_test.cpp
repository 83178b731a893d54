#include "agent/commands/inspect_text.h"

#include <catch2/catch.hpp>

using namespace vf::agent;

namespace {

constexpr const char* answer =
    R"({"id":"p1","name":"ed\nge","version":4,"checksum":"abc","state":"running","ports":{"api":8689,"metrics":8688},
"yaml":"sources:\n  in: {type: demo_logs}","sidecar":"api:\n  enabled: true\n","secretNames":["A","B"],"certFiles":["c.pem"],
"components":[{"id":"in","kind":"source","type":"demo_logs","inputs":[]},{"id":"parse","kind":"transform","type":"remap",
"inputs":["in"]},{"id":"out","kind":"sink","type":"console","inputs":["parse"]}]})";

}  // namespace

TEST_CASE("what is known stands in comments, so that the rest is two YAML documents") {
  const auto text = inspect_text(answer);
  REQUIRE(text);
  CHECK(text.value() ==
        "# pipeline: ed ge (id p1)\n# version: 4\n# state: running\n# checksum: abc\n"
        "# ports on 127.0.0.1: API 8689, metrics 8688\n# secrets: A, B\n# certificate files: c.pem\n# components:\n"
        "#   in: source demo_logs\n#   parse: transform remap, from in\n#   out: sink console, from parse\n"
        "# Secret values stand as ***.\n---\nsources:\n  in: {type: demo_logs}\n"
        "# What the agent adds (the sidecar):\n---\napi:\n  enabled: true\n");
}

TEST_CASE("for an archive the texts are left out and the components stay") {
  const auto kept = without_yaml(answer);
  REQUIRE(kept);
  CHECK(kept.value().find("sources:") == std::string::npos);
  CHECK(kept.value().find("enabled: true") == std::string::npos);
  CHECK(kept.value().find("demo_logs") != std::string::npos);
}

TEST_CASE("every component can be tapped") {
  CHECK(component_ids(answer) == std::vector<std::string>{"in", "parse", "out"});
  CHECK(component_ids("nonsense").empty());
  CHECK_FALSE(inspect_text("[]"));
}
