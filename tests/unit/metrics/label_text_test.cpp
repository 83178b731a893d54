#include "metrics/label_text.h"

#include <catch2/catch.hpp>

namespace vf::metrics {

TEST_CASE("text that is UTF-8 and short stays as it is") {
  CHECK(label_text("", 10).empty());
  CHECK(label_text("plain \"quoted\"\n", 100) == "plain \"quoted\"\n");
  CHECK(label_text("Zürich → 東京 🚀", 100) == "Zürich → 東京 🚀");
}

TEST_CASE("text is cut between characters, never inside one") {
  CHECK(label_text("abcdef", 3) == "abc");
  CHECK(label_text("aü", 2) == "a");
  CHECK(label_text("🚀🚀", 7) == "🚀");
}

TEST_CASE("bytes that are part of no character become question marks") {
  CHECK(label_text("a\xFF\x80z", 10) == "a??z");
  CHECK(label_text("\xC0\xAF", 10) == "??");            // overlong
  CHECK(label_text("\xED\xA0\x80", 10) == "???");       // surrogate
  CHECK(label_text("\xF4\x90\x80\x80", 10) == "????");  // above U+10FFFF
  CHECK(label_text("\xE6\x9D", 10) == "??");            // breaks off
  CHECK(label_text("\xC3(", 10) == "?(");
}

}  // namespace vf::metrics
