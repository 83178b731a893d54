#include "supervisor/tidy_words.h"

#include <catch2/catch.hpp>
#include <string>

#include "logbuf/safe_text.h"

using vf::supervisor::first_line;
using vf::supervisor::max_reason_bytes;
using vf::supervisor::tidy_words;
using vf::supervisor::without_colours;

namespace {

std::string names(int count) {
  std::string list;
  for (int i = 0; i < count; ++i) list += (i == 0 ? "`name" : ", `name") + std::to_string(i) + "`";
  return list;
}

}  // namespace

TEST_CASE("colours are taken out, other text in brackets stays") {
  CHECK(without_colours("\x1b[31mx\x1b[0m a \x1b[1;33mb\x1b[m") == "x a b");
  CHECK(without_colours("\xEF\xBF\xBD[2m2026\xEF\xBF\xBD[0m") == "2026");
  CHECK(without_colours("a[31m [x] \x1b[2J") == "a[31m [x] \x1b[2J");
  CHECK(without_colours("\x1b") == "\x1b");
  CHECK(without_colours("\x1b[3") == "\x1b[3");
}

TEST_CASE("words lose blank ends and keep their shape") {
  CHECK(tidy_words("\n\n a \r\n  b\t\n\n\n\n  c\n\n") == " a\n  b\n  c");
  CHECK(tidy_words("").empty());
  CHECK(tidy_words(" \n \n").empty());
}

TEST_CASE("words are safe to show") {
  const std::string tidy = tidy_words(std::string("a\0b\x1b]0;x\x07 \xff", 10));
  CHECK(vf::logbuf::is_safe(tidy));
  CHECK(tidy.find('a') == 0);
}

TEST_CASE("words are bounded, and cut between characters") {
  std::string umlauts;
  while (umlauts.size() < 3000) umlauts += "ü";
  for (std::size_t limit = 3; limit < 60; ++limit) {
    const std::string cut = tidy_words(umlauts, limit);
    CHECK(cut.size() <= limit);
    CHECK(cut.size() + 2 > limit);
    CHECK(cut.ends_with("…"));
    CHECK(vf::logbuf::is_safe(cut));
  }
  CHECK(tidy_words(umlauts).size() <= max_reason_bytes);
  CHECK(tidy_words(std::string(max_reason_bytes, 'a')) == std::string(max_reason_bytes, 'a'));
  CHECK(tidy_words("abc   def", 9) == "abc   def");
  CHECK(tidy_words("abc   defg", 9) == "abc…");
}

TEST_CASE("a list of what was expected keeps its first names, and how many there were") {
  const std::string text = "unknown variant `nosuch`, expected one of ";
  CHECK(tidy_words(text + names(16) + "\nin `sinks.a`") == text + names(16) + "\nin `sinks.a`");
  CHECK(tidy_words(text + names(17) + "\nin `sinks.a`") == text + names(16) + " and 1 more\nin `sinks.a`");
  CHECK(tidy_words(text + names(116) + "; " + text + names(20)) ==
        text + names(16) + " and 100 more; " + text + names(16) + " and 4 more");
  CHECK(tidy_words("expected one of these") == "expected one of these");
  CHECK(tidy_words("expected one of `a") == "expected one of `a");
}

TEST_CASE("a reason fits into one line, with what its first line only announces") {
  CHECK(first_line("one\ntwo") == "one");
  CHECK(first_line("Transform \"parse\": \nerror[E103]: unhandled\n  x") ==
        "Transform \"parse\": error[E103]: unhandled");
  CHECK(first_line("unknown variant `a`\nin `sinks.b`\n") == "unknown variant `a` in `sinks.b`");
  CHECK(first_line("\n\nlate") == "late");
  CHECK(first_line("alone:") == "alone:");
  CHECK(first_line("").empty());
  CHECK(first_line(std::string(500, 'a'), 100) == std::string(97, 'a') + "…");
}
