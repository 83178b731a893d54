#include "agent/go_duration.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using vf::agent::format_go_duration;
using vf::agent::parse_go_duration;

namespace {

// What go1.26's time.ParseDuration and Duration.String answer.
struct GoAnswer {
  std::string text;
  std::int64_t nanoseconds;
  std::string formatted;
};

const std::vector<GoAnswer> kAccepted{
    {"0", 0, "0s"},
    {"-0", 0, "0s"},
    {"+0", 0, "0s"},
    {"0s", 0, "0s"},
    {"5s", 5'000'000'000, "5s"},
    {"+5s", 5'000'000'000, "5s"},
    {"-5s", -5'000'000'000, "-5s"},
    {"1m30s", 90'000'000'000, "1m30s"},
    {"250ms", 250'000'000, "250ms"},
    {"1.5h", 5'400'000'000'000, "1h30m0s"},
    {"1h", 3'600'000'000'000, "1h0m0s"},
    {"65s", 65'000'000'000, "1m5s"},
    {".5h", 1'800'000'000'000, "30m0s"},
    {"1.s", 1'000'000'000, "1s"},
    {"+5m3.5s", 303'500'000'000, "5m3.5s"},
    {"1s1s", 2'000'000'000, "2s"},
    {"10ns", 10, "10ns"},
    {"11us", 11'000, "11\u00b5s"},
    {"12\u00b5s", 12'000, "12\u00b5s"},
    {"12\u03bcs", 12'000, "12\u00b5s"},
    {"1.1us", 1'100, "1.1\u00b5s"},
    {"2.2ms", 2'200'000, "2.2ms"},
    {"0.3333333333333333333h", 1'200'000'000'000, "20m0s"},
    {"0.100000000000000000000h", 360'000'000'000, "6m0s"},
    {"9223372036854775807ns", std::numeric_limits<std::int64_t>::max(), "2562047h47m16.854775807s"},
    {"-9223372036854775808ns", std::numeric_limits<std::int64_t>::min(), "-2562047h47m16.854775808s"},
};

const std::vector<std::string> kRefused{
    "",
    "+",
    "-",
    ".",
    "s",
    ".s",
    "-.s",
    "3",
    "5",
    "1m30",
    "5d",
    "5sec",
    "1.2.3s",
    "5 s",
    " 5s",
    "5s ",
    "5S",
    "--5s",
    "1e3s",
    "0x5s",
    "\xff"
    "s",
    "9223372036854775808ns",
    "-9223372036854775809ns",
    "2562048h",
    "99999999999999999999s",
    "9223372036854775808ns9223372036854775808ns",
};

}  // namespace

TEST_CASE("a duration means what Go's ParseDuration makes of it") {
  for (const GoAnswer& answer : kAccepted) {
    CAPTURE(answer.text);
    const auto duration = parse_go_duration(answer.text);
    REQUIRE(duration.ok());
    CHECK(duration.value().count() == answer.nanoseconds);
  }
}

TEST_CASE("a duration is written as Go's Duration.String writes it") {
  for (const GoAnswer& answer : kAccepted) {
    CAPTURE(answer.text);
    CHECK(format_go_duration(std::chrono::nanoseconds(answer.nanoseconds)) == answer.formatted);
    CHECK(parse_go_duration(answer.formatted).value().count() == answer.nanoseconds);
  }
}

TEST_CASE("what Go's ParseDuration refuses is refused") {
  for (const std::string& text : kRefused) {
    CAPTURE(text);
    CHECK_FALSE(parse_go_duration(text).ok());
  }
}

TEST_CASE("a number without unit is refused with the unit that is most likely meant") {
  CHECK(parse_go_duration("5").error().reason == "add a unit, as in 5s");
  CHECK(parse_go_duration("1m30").error().reason == "add a unit, as in 1m30s");
  CHECK(parse_go_duration("5").error().message() == "cannot read the duration \"5\": add a unit, as in 5s");
}

TEST_CASE("an unknown unit is named, and the known ones with it") {
  CHECK(parse_go_duration("5sec").error().reason == "\"sec\" is no unit; the units are ns, us, ms, s, m and h");
  CHECK(parse_go_duration("7d").error().reason == "\"d\" is no unit; the units are ns, us, ms, s, m and h");
}
