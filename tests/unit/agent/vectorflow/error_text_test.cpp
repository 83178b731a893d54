#include "agent/control/vectorflow/error_text.h"

#include <catch2/catch.hpp>

namespace vf::agent::vectorflow {

using namespace std::string_literals;

TEST_CASE("a JSON body tells its error or its message") {
  CHECK(error_text(R"({"error":"Unauthorized"})") == "Unauthorized");
  CHECK(error_text(R"({"message":"slow down"})") == "slow down");
  CHECK(error_text(R"({"error":"","message":"slow down"})") == "slow down");
  CHECK(error_text(R"({"error":{"code":7,"message":"quota"}})") == "quota");
  CHECK(error_text(R"({"error":"first","message":"second"})") == "first");
  CHECK(error_text(R"("just a text")") == "just a text");
}

TEST_CASE("details of a refusal are told with it") {
  CHECK(error_text(R"({"error":"Invalid input","details":{"pipelines":["bad status"]}})") ==
        R"(Invalid input ({"pipelines":["bad status"]}))");
  CHECK(error_text(R"({"error":"Invalid input","details":null})") == "Invalid input");
}

TEST_CASE("plain text and JSON without a reason are told as they are") {
  CHECK(error_text("Unauthorized\n") == "Unauthorized");
  CHECK(error_text(R"({"ok":false})") == R"({"ok":false})");
  CHECK(error_text("[1, 2") == "[1, 2");
  CHECK(error_text("") == "");
  CHECK(error_text(" \r\n ") == "");
}

TEST_CASE("a proxy's page tells its title") {
  CHECK(error_text("<html>\n<head><title>502 Bad Gateway</title></head><body>...</body></html>") == "502 Bad Gateway");
  CHECK(error_text("<title>unclosed") == "<title>unclosed");
  CHECK(error_text("<title></title>x") == "<title></title>x");
}

TEST_CASE("nothing in a reason breaks a log line or a terminal") {
  CHECK(error_text("a\r\n\tb\0c"s) == "a b c");
  CHECK(error_text("{\"error\":\"\\u001b[2Jx\\ny\"}") == "[2Jx y");
  CHECK(error_text("a\xC2\x9B"
                   "2Jb") ==
        "a\xEF\xBF\xBD"
        "2Jb");
  CHECK(error_text("a\xE2\x80\xAE"
                   "b") ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(error_text("a\xE2\x80\xA8"
                   "b") == "a b");
  CHECK(error_text("a\xFF\xE2\x82") == "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("a reason has at most 200 characters, the mark of the cut included") {
  CHECK(error_text(std::string(200, 'x')) == std::string(200, 'x'));
  CHECK(error_text(std::string(201, 'x')) == std::string(199, 'x') + "…");
  std::string umlauts, cut;
  for (int i = 0; i < 300; ++i) umlauts += "ä";
  for (int i = 0; i < 199; ++i) cut += "ä";
  CHECK(error_text(umlauts) == cut + "…");
  CHECK(error_text(std::string(1 << 20, '{')).size() <= 200 * 4);
}

TEST_CASE("a cut line does not end in a space before the mark, nor is trailing space a reason to cut") {
  CHECK(one_line("abc def", 5) == "abc…");
  CHECK(one_line("abc  ", 3) == "abc");
  CHECK(one_line("  abc", 3) == "abc");
  CHECK(one_line("abcd", 1) == "…");
}

}  // namespace vf::agent::vectorflow
