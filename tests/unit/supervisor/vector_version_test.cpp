#include "supervisor/vector_version.h"

#include <catch2/catch.hpp>

using namespace vf::supervisor;

TEST_CASE("the version is read from what Vector prints") {
  const auto version =
      parse_vector_version("vector 0.54.0 (x86_64-unknown-linux-gnu 5b79e0b 2026-03-10 17:51:42.169829)\n");
  REQUIRE(version);
  CHECK(*version == VectorVersion{0, 54, 0});
  CHECK(version->to_string() == "0.54.0");
  CHECK(parse_vector_version("vector 1.2.345")->to_string() == "1.2.345");
  CHECK(parse_vector_version("vector 0.57.0-nightly (x)")->to_string() == "0.57.0");
}

TEST_CASE("anything else has no version") {
  for (const char* text : {"", "vector", "vector ", "vector 0", "vector 0.54", "vector 0.54.", "vector 0.x.1",
                           "Vector 0.54.0", "vectorised 0.54.0", "0.54.0", "vector -1.2.3", "vector 0.-54.0",
                           "vector 99999999999999999999.0.0", "vector  0.54.0", "error: vector 0.54.0"}) {
    INFO(text);
    CHECK_FALSE(parse_vector_version(text));
  }
}

TEST_CASE("versions are ordered by number, not by letter") {
  CHECK(VectorVersion{0, 9, 0} < VectorVersion{0, 54, 0});
  CHECK(VectorVersion{0, 54, 9} < VectorVersion{0, 54, 10});
  CHECK(VectorVersion{0, 99, 9} < VectorVersion{1, 0, 0});
  CHECK(VectorVersion{0, 54, 0} == VectorVersion{0, 54, 0});
}
