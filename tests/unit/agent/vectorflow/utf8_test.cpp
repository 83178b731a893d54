#include "agent/control/vectorflow/utf8.h"

#include <catch2/catch.hpp>

#include <string>

namespace vf::agent::vectorflow {

using namespace std::string_literals;

TEST_CASE("every valid character is recognised with its length, at the edges of each length") {
  struct Edge {
    const char* text;
    char32_t code;
    std::size_t bytes;
  };
  for (const Edge& edge :
       {Edge{"\x7F", 0x7F, 1}, Edge{"\xC2\x80", 0x80, 2}, Edge{"\xDF\xBF", 0x7FF, 2}, Edge{"\xE0\xA0\x80", 0x800, 3},
        Edge{"\xED\x9F\xBF", 0xD7FF, 3}, Edge{"\xEE\x80\x80", 0xE000, 3}, Edge{"\xEF\xBF\xBF", 0xFFFF, 3},
        Edge{"\xF0\x90\x80\x80", 0x10000, 4}, Edge{"\xF4\x8F\xBF\xBF", 0x10FFFF, 4}}) {
    const Utf8Character character = first_character(edge.text);
    CHECK(character.valid);
    CHECK(character.code == edge.code);
    CHECK(character.bytes == edge.bytes);
  }
  CHECK(first_character("\0"s).valid);
}

TEST_CASE("broken bytes are one character as long as what belongs together") {
  struct Broken {
    std::string text;
    std::size_t bytes;
  };
  for (const Broken& broken :
       {Broken{"\x80", 1}, Broken{"\xC0\x80", 1}, Broken{"\xC1\xBF", 1}, Broken{"\xE0\x9F\xBF", 1},
        Broken{"\xED\xA0\x80", 1}, Broken{"\xF0\x8F\xBF\xBF", 1}, Broken{"\xF4\x90\x80\x80", 1}, Broken{"\xF5", 1},
        Broken{"\xFF", 1}, Broken{"\xC3", 1}, Broken{"\xC3x", 1}, Broken{"\xE2\x82", 2}, Broken{"\xE2\x82x", 2},
        Broken{"\xF0\x9F\x98", 3}, Broken{"\xF0\x9F\x98\xF0", 3}}) {
    const Utf8Character character = first_character(broken.text);
    INFO(broken.text.size());
    CHECK_FALSE(character.valid);
    CHECK(character.code == U'\uFFFD');
    CHECK(character.bytes == broken.bytes);
  }
}

TEST_CASE("a prefix is measured in UTF-16 units and never ends inside a character") {
  CHECK(utf16_prefix("", 0) == "");
  CHECK(utf16_prefix("abc", 3) == "abc");
  CHECK(utf16_prefix("abc", 2) == "ab");
  CHECK(utf16_prefix("äöü", 2) == "äö");
  CHECK(utf16_prefix("äöü", 3) == "äöü");
  CHECK(utf16_prefix("a\xF0\x9F\x98\x80z", 1) == "a");
  CHECK(utf16_prefix("a\xF0\x9F\x98\x80z", 2) == "a");  // half of a pair is no character
  CHECK(utf16_prefix("a\xF0\x9F\x98\x80z", 3) == "a\xF0\x9F\x98\x80");
  CHECK(utf16_prefix("\xE2\x82\xE2\x82z", 2) == "\xE2\x82\xE2\x82");  // two U+FFFD once written
}

}  // namespace vf::agent::vectorflow
