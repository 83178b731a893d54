#include "agent/commands/terminal_text.h"

#include <catch2/catch.hpp>

using namespace vf::agent;

TEST_CASE("nothing that steers a terminal is left in a text") {
  const std::string safe = harmless(
      "a\x1b]0;title\x07"
      "b\x9b"
      "31m\xc2\x9b"
      "2J\r\n\tc\x7f"
      "d\xe2\x80\xae"
      "e");
  for (const char c : safe) CHECK((static_cast<unsigned char>(c) >= ' ' && c != 0x7F));
  CHECK(safe.find("\xc2\x9b") == std::string::npos);
  CHECK(safe.find("\xe2\x80\xae") == std::string::npos);
  CHECK(safe.find("title") != std::string::npos);
  CHECK(harmless("größe 東京") == "größe 東京");
}

TEST_CASE("columns are those of the terminal") {
  CHECK(columns("größe") == 5);
  CHECK(columns("東京") == 4);
  CHECK(columns("e\xcc\x81") == 1);
  CHECK(cut("größe", 4) == "grö…");
  CHECK(columns(cut("東京東京", 5)) <= 5);
  CHECK(cut("abc", 0) == "abc");
}

TEST_CASE("a paragraph is broken between words") {
  CHECK(wrapped("one two three", 9, 2) == "  one two\n  three\n");
  CHECK(wrapped("averyveryverylongword x", 8, 0) == "averyveryverylongword\nx\n");
}
