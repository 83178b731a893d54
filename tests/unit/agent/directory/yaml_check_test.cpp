#include "agent/control/directory/yaml_check.h"

#include <catch2/catch.hpp>
#include <string>

using namespace vf::agent;
using Catch::Matchers::Contains;

namespace {

/// "LINE:COLUMN: why", or "right".
std::string verdict(const std::string& text) {
  const auto error = check_yaml(text);
  if (!error) return "right";
  return std::to_string(error->line) + ":" + std::to_string(error->column) + ": " + error->reason;
}

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

}  // namespace

TEST_CASE("a mapping is a pipeline's YAML, whatever Vector will make of it") {
  CHECK(verdict("sources: {}\n") == "right");
  CHECK(verdict("---\na: 1\n...\n") == "right");
  CHECK(verdict("# c\n\n{\"a\": [1, 2]}") == "right");
  CHECK(verdict("\xef\xbb\xbf"
                "a: 1\r\n") == "right");
  CHECK(verdict("a: ${VF_SECRET_X}\nb: &x 1\nc: *x\n") == "right");
}

TEST_CASE("an empty file does not parse") {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n", "null\n", "~"}) {
    CAPTURE(text);
    CHECK_THAT(verdict(text), Contains("1:1: the file is empty"));
  }
}

TEST_CASE("what is no mapping is told so") {
  CHECK_THAT(verdict("- a\n"), Contains("must be a mapping"));
  CHECK_THAT(verdict("just text\n"), Contains("1:1: the file must be a mapping"));
  CHECK_THAT(verdict("\n\n  [1]\n"), Contains("3:3: the file must be a mapping"));
}

TEST_CASE("a syntax error is told with its line and column, counted from 1") {
  CHECK_THAT(verdict("a: 1\nb: [1, 2\nc: 3\n"), Contains("2:4: ") || Contains("3:"));
  CHECK_THAT(verdict("a: 1\n b: 2\n"), Contains("2:"));
  CHECK(verdict("a: b: c\n").starts_with("1:5: "));
  CHECK(verdict("a: *nowhere\n") != "right");
  CHECK(verdict("\ta: 1\n") != "right");
  CHECK(verdict("a: 1\n--- b: [") != "right");
}

TEST_CASE("a bracket that is never closed is told with the place where it opens") {
  CHECK(verdict("a: 1\nbc: [1, 2\n") == "2:5: end of sequence flow not found");
  CHECK(verdict("a: 1\nb:\n  c: {d: 1\n") == "3:6: end of map flow not found");
  CHECK(verdict("a: [\n") == "1:4: end of sequence flow not found");
}

TEST_CASE("a quote that is never closed is an error, a line end after it or not") {
  for (const char* text : {"a: \"x", "a: \"x\n", "a: 'x\n\n", "a: \"x\nb: 1\n", "a: 'x\r\nb: 1 \r\n"}) {
    CAPTURE(text);
    CHECK_THAT(verdict(text), Contains("illegal EOF in scalar"));
  }
}

TEST_CASE("how a file ends does not matter") {
  for (const char* text : {"a: 1", "a:", "a:\n", "a: |+\n  x\n\n", "a: |\n  x", "a: 1\n...", "a: 1\n...\n", "a: 1\n# c",
                           "a:\n- 1\n-\n", "{a: 1}  \t\r\n"}) {
    CAPTURE(text);
    CHECK(verdict(text) == "right");
  }
}

TEST_CASE("a second document is refused where it begins") {
  CHECK_THAT(verdict("a: 1\n---\nb: 2\n"), Contains("a second YAML document begins here"));
  CHECK_THAT(verdict("a: 1\n---\nb: 2\n"), Contains("3:1: "));
}

TEST_CASE("a YAML that nests without end is an error, not a crash") {
  CHECK(verdict("a: " + repeated("[", 100'000)) != "right");
  CHECK(verdict("a: " + repeated("{a: ", 100'000)) != "right");
  CHECK(verdict(repeated("- ", 100'000)) != "right");
  CHECK(verdict(repeated("? ", 100'000)) != "right");
}

TEST_CASE("bytes that are no text are no crash") {
  CHECK_NOTHROW(verdict(std::string("a: \0b\xff\xfe", 7)));
  CHECK_NOTHROW(
      verdict("\xff\xfe"
              "a"));
  CHECK_NOTHROW(verdict("%YAML 9.9\n---\na: 1"));
}
