#include "supervisor/error_line.h"

#include <catch2/catch.hpp>

using vf::supervisor::tells_error;

TEST_CASE("an error is known by Vector's level, by a panic and by a bad call") {
  CHECK(tells_error("2026-11-21T09:14:51.226809Z ERROR vector::cli: Configuration error. error=x"));
  CHECK(tells_error(R"({"timestamp":"2026-11-21T09:14:51Z","level":"ERROR","message":"x"})"));
  CHECK(tells_error("thread 'main' panicked at src/app.rs:1:2:"));
  CHECK(tells_error("error: unexpected argument '--x' found"));
}

TEST_CASE("a line that only speaks of errors is none") {
  CHECK_FALSE(tells_error("2026-11-21T09:14:51.226809Z  INFO vector: no ERROR here"));
  CHECK_FALSE(tells_error(R"({"level":"INFO","message":"\"level\":\"INFO\" ERROR"})"));
  CHECK_FALSE(tells_error("ERROR"));
  CHECK_FALSE(tells_error(""));
  CHECK_FALSE(tells_error("2"));
  CHECK_FALSE(tells_error("2026 "));
}
