#include "agent/control/vectorflow/json_writer.h"

#include <catch2/catch.hpp>

#include <limits>

namespace vf::agent::vectorflow {
namespace {

using namespace std::string_literals;

std::string text(std::string_view value) {
  std::string out;
  JsonWriter(out).text(value);
  return out;
}

std::string number(double value) {
  std::string out;
  JsonWriter(out).number(value);
  return out;
}

std::string whole(std::uint64_t value) {
  std::string out;
  JsonWriter(out).whole(value);
  return out;
}

}  // namespace

TEST_CASE("commas stand between members and elements and nowhere else") {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("empty");
  json.begin_array();
  json.end_array();
  json.key("list");
  json.begin_array();
  json.whole(1);
  json.begin_object();
  json.end_object();
  json.text("x");
  json.boolean(true);
  json.boolean(false);
  json.number(0.5);
  json.end_array();
  json.key("in");
  json.begin_object();
  json.text_key("a\"b");
  json.text("");
  json.text_key("");
  json.whole(0);
  json.end_object();
  json.end_object();
  CHECK(out == R"({"empty":[],"list":[1,{},"x",true,false,0.5],"in":{"a\"b":"","":0}})");
}

TEST_CASE("the writer appends to what is there") {
  std::string out = "yaml";
  JsonWriter(out).text("x");
  CHECK(out == "yaml\"x\"");
}

TEST_CASE("text is escaped as JSON.stringify does") {
  // Both sides from node: JSON.stringify of the same string.
  CHECK(text("q\" b\\ / \b\f\n\r\t \x01\x1f\x7f \xC2\x80 é \xE2\x80\xA8\xE2\x80\xA9 \xF0\x9F\x98\x80 \xEF\xBF\xBD "
             "</script>") ==
        "\"q\\\" b\\\\ / \\b\\f\\n\\r\\t \\u0001\\u001f\x7f \xC2\x80 é \xE2\x80\xA8\xE2\x80\xA9 \xF0\x9F\x98\x80 "
        "\xEF\xBF\xBD </script>\"");
  CHECK(text("") == "\"\"");
}

TEST_CASE("a NUL and every run of bytes that is not UTF-8 become U+FFFD") {
  CHECK(text("a\0b"s) ==
        "\"a\xEF\xBF\xBD"
        "b\"");
  CHECK(text("\xFF") == "\"\xEF\xBF\xBD\"");
  CHECK(text("a\xE2\x82") == "\"a\xEF\xBF\xBD\"");
  CHECK(text("\xED\xA0\x80.") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD.\"");
  CHECK(text("\xC0\"\x80\\") == "\"\xEF\xBF\xBD\\\"\xEF\xBF\xBD\\\\\"");
}

TEST_CASE("whole numbers end at 2^53-1") {
  CHECK(whole(0) == "0");
  CHECK(whole(9007199254740991) == "9007199254740991");
  CHECK(whole(9007199254740992) == "9007199254740991");
  CHECK(whole(std::numeric_limits<std::uint64_t>::max()) == "9007199254740991");
}

TEST_CASE("fractions are written so that they read back as they were") {
  CHECK(number(0) == "0");
  CHECK(number(0.1) == "0.1");
  CHECK(number(-2.5) == "-2.5");
  CHECK(number(123456.78) == "123456.78");
  for (const double value : {1e300, 2.5e-300, 1.0 / 3, std::numeric_limits<double>::max()})
    CHECK(std::stod(number(value)) == value);
}

}  // namespace vf::agent::vectorflow
