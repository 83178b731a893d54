#include "logbuf/safe_text.h"

#include <catch2/catch.hpp>

#include <random>
#include <string>

namespace vf::logbuf {
namespace {

using namespace std::string_literals;

constexpr std::size_t kNoLimit = 1 << 20;

std::string safe(std::string_view raw) {
  std::string out;
  REQUIRE(append_safe(out, raw, kNoLimit) == raw.size());
  return out;
}

}  // namespace

TEST_CASE("text of every length of character passes unchanged") {
  const std::string text = "plain\ttab, é, U+00A0 \u00A0, …, 日本語, 😀, U+10FFFF \U0010FFFF";
  CHECK(is_safe(text));
  CHECK(safe(text) == text);
  CHECK(is_safe(""));
}

TEST_CASE("a NUL never passes") {
  CHECK_FALSE(is_safe("a\0b"s));
  CHECK(safe("a\0b"s) == "a\uFFFDb");
}

TEST_CASE("terminal control sequences lose what makes them act") {
  CHECK(safe("\x1b[31mred\x1b[0m") == "\uFFFD[31mred\uFFFD[0m");
  CHECK(safe("\u009B31m, \u0080, \u009F, \u00A0") == "\uFFFD31m, \uFFFD, \uFFFD, \u00A0");
  CHECK(safe("bell\a, back\b, del\x7f, over\rwritten") == "bell\uFFFD, back\uFFFD, del\uFFFD, over\uFFFDwritten");
}

TEST_CASE("every control character but tab and newline is found wherever it stands in a long text") {
  for (int code = 0; code < 0xA0; ++code) {
    if (code >= 0x20 && code < 0x7F) continue;
    const std::string control =
        code < 0x80 ? std::string(1, static_cast<char>(code)) : std::string{'\xC2', static_cast<char>(code)};
    for (std::size_t size : {1U, 2U, 63U, 64U, 65U, 66U, 128U, 129U, 130U, 200U}) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, 'x');
        text.replace(at, 1, control);
        if (is_safe(text) != (code == '\t' || code == '\n'))
          FAIL("U+" << std::hex << code << " at " << std::dec << at << " of " << size);
      }
    }
  }
}

TEST_CASE("bytes that are no UTF-8 are replaced run by run") {
  CHECK(safe("\xff\xfe") == "\uFFFD\uFFFD");
  CHECK(safe("caf\xe9 noir") == "caf\uFFFD noir");
  CHECK(safe("\x80") == "\uFFFD");
  CHECK(safe("\xc0\xaf") == "\uFFFD\uFFFD");  // overlong
  CHECK(safe("\xe0\x9f\xbf") == "\uFFFD\uFFFD\uFFFD");
  CHECK(safe("\xf0\x8f\xbf\xbf") == "\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(safe("\xed\xa0\x80") == "\uFFFD\uFFFD\uFFFD");            // surrogate
  CHECK(safe("\xf4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond U+10FFFF
  CHECK(safe("\xf0\x9f\x98") == "\uFFFD");                        // truncated at the end
  CHECK(safe("\xf0\x9f\x98!") == "\uFFFD!");                      // truncated inside
  CHECK(safe("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf"
             "A") ==
        "\uFFFD\uFFFD\uFFFD\uFFFD"
        "A");  // Unicode's table 3-11
}

TEST_CASE("text is cut between characters, never inside one") {
  std::string out;
  CHECK(append_safe(out, "aé😀", 2) == 1);
  CHECK(out == "a");
  out.clear();
  CHECK(append_safe(out, "aé😀", 6) == 3);
  CHECK(out == "aé");
  out = "123";
  CHECK(append_safe(out, "\x01z", 6) == 1);  // what is there already counts
  CHECK(out == "123\uFFFD");
  CHECK(append_safe(out, "z", 3) == 0);
}

TEST_CASE("text is safe exactly when making it safe changes nothing, and is always safe afterwards") {
  std::mt19937 random(7);
  const std::string_view pieces[] = {"a",    "\t",   "é",    "\xc2", "\x80", "\xe2",   "\x82",
                                     "\xac", "\xf0", "\x9f", "\x98", "😀",    "\xe0",   "\xf4",
                                     "\0",   "\x1b", "\xed", "\xa0", "\xff", "\u0085", "plain text "};
  for (int round = 0; round < 20'000; ++round) {
    std::string raw;
    for (auto left = random() % 24; left > 0; --left) {
      const std::string_view piece = pieces[random() % std::size(pieces)];
      raw.append(piece.empty() ? std::string_view("\0", 1) : piece);
    }
    const std::string made_safe = safe(raw);
    REQUIRE(is_safe(made_safe));
    REQUIRE(is_safe(raw) == (made_safe == raw));
    REQUIRE(made_safe.size() >= raw.size());
  }
}

}  // namespace vf::logbuf
