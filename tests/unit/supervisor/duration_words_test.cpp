#include "supervisor/duration_words.h"

#include <catch2/catch.hpp>

using vf::supervisor::in_words;
using namespace std::chrono_literals;

TEST_CASE("a duration is told in the two units that matter") {
  CHECK(in_words(0ms) == "0.0 s");
  CHECK(in_words(49ms) == "0.0 s");
  CHECK(in_words(50ms) == "0.1 s");
  CHECK(in_words(999ms) == "1.0 s");
  CHECK(in_words(12345ms) == "12.3 s");
  CHECK(in_words(59949ms) == "59.9 s");
  CHECK(in_words(59950ms) == "1 min");
  CHECK(in_words(65s) == "1 min 5 s");
  CHECK(in_words(59min + 59s) == "59 min 59 s");
  CHECK(in_words(1h) == "1 h");
  CHECK(in_words(2h + 5min + 59s) == "2 h 5 min");
  CHECK(in_words(24h) == "1 d");
  CHECK(in_words(291h + 59min) == "12 d 3 h");
}

TEST_CASE("a clock that went back does not make a negative duration") {
  CHECK(in_words(-3s) == "0.0 s");
}
