#include "agent/http/retry_after.h"

#include <catch2/catch.hpp>

namespace vf::agent {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

const system_clock::time_point now = sys_days(1999y / December / 31) + 23h + 59min + 30s;

}  // namespace

TEST_CASE("Retry-After in seconds is taken as it is, up to a year") {
  CHECK(parse_retry_after("120", now) == 120s);
  CHECK(parse_retry_after(" 0 ", now) == 0s);
  CHECK(parse_retry_after("86400", now) == 24h);
  CHECK(parse_retry_after("99999999999", now) == 24h * 365);
  CHECK(parse_retry_after("99999999999999999999999999", now) == 24h * 365);
}

TEST_CASE("Retry-After as a date is counted from now, rounded up, and never negative") {
  CHECK(parse_retry_after("Fri, 31 Dec 1999 23:59:59 GMT", now) == 29s);
  CHECK(parse_retry_after("Sat, 01 Jan 2000 00:00:00 GMT", now + 1ms) == 30s);
  CHECK(parse_retry_after("Tue, 29 Feb 2000 23:59:30 GMT", now) == 24h * 60);
  CHECK(parse_retry_after("Fri, 31 Dec 1999 23:00:00 GMT", now) == 0s);
  CHECK(parse_retry_after("Fri, 31 Dec 9999 23:00:00 GMT", now) == 24h * 365);
}

TEST_CASE("Retry-After as a date is counted from the server's own clock, where it says that") {
  const std::string until = "Fri, 31 Dec 1999 23:59:59 GMT";
  CHECK(parse_retry_after(until, now - 24h, "Fri, 31 Dec 1999 23:59:49 GMT") == 10s);
  CHECK(parse_retry_after(until, now + 24h, "Fri, 31 Dec 1999 23:59:49 GMT") == 10s);
  for (const char* none : {"", "yesterday"}) CHECK(parse_retry_after(until, now, none) == 29s);
  CHECK(parse_retry_after("120", now, "Fri, 31 Dec 1999 23:59:49 GMT") == 120s);
}

TEST_CASE("what is neither seconds nor a date is no Retry-After") {
  for (const char* text :
       {"", " ", "-1", "+1", "1.5", "1e3", "soon", "Fri, 31 Dec 1999 23:59:59", "Fri, 31 Foo 1999 23:59:59 GMT",
        "Fri, 30 Feb 1999 23:59:59 GMT", "Fri, 31 Dec 1999 24:00:00 GMT", "Fri, 31 Dec 1999 23:60:00 GMT",
        "Friday, 31-Dec-99 23:59:59 GMT", "Fri Dec 31 23:59:59 1999", "Fri, 3x Dec 1999 23:59:59 GMT"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_retry_after(text, now));
  }
}

}  // namespace vf::agent
