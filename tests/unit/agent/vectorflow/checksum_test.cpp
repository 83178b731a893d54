#include "agent/control/vectorflow/checksum.h"

#include <catch2/catch.hpp>

namespace vf::agent::vectorflow {
namespace {

// The expected values were made by node, as the server makes them:
// createHash("sha256").update(yaml + JSON.stringify(secrets, Object.keys(secrets).sort())).digest("hex")
const std::string yaml = "sources:\n  in:\n    type: demo_logs\n    format: \"größe \xF0\x9F\x98\x80\"\n";

}  // namespace

TEST_CASE("without secrets the checksum is that of the YAML alone") {
  CHECK(expected_checksum(yaml, {}) == "a4b4ecb19967b1b06ab4b53a38535a537574224df0f22d43a3a8031692a25c96");
  CHECK(expected_checksum("", {}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("secrets are hashed sorted by name as JavaScript sorts") {
  CHECK(expected_checksum(yaml, {{"VF_SECRET_B", "two"},
                                 {"VF_SECRET_A", "one"},
                                 {"_x", "3"},
                                 {"VF_SECRET_A1", "4"},
                                 {"a", "5"},
                                 {"Z", "6"}}) == "ccf03b9d71ecd14066b94fcae6ab6ee39f36047f3cf1e185ecdf8ff888706172");
}

TEST_CASE("secrets are hashed with JavaScript's escaping") {
  const std::string odd =
      "q\" b\\ / \b\f\n\r\t \x01\x1f\x7f \xC2\x80 é \xE2\x80\xA8\xE2\x80\xA9 \xF0\x9F\x98\x80 \xEF\xBF\xBD </script>";
  CHECK(expected_checksum(yaml, {{"VF_SECRET_ODD", odd}}) ==
        "ec6b131d8927f1ef98b359084a8f5a94b7dbb8f3d7a08868e964b53d997675c2");
}

TEST_CASE("only 64 lowercase hex digits look like a checksum that can be compared") {
  CHECK(is_sha256_hex(expected_checksum("", {})));
  CHECK_FALSE(is_sha256_hex(std::string(64, 'F')));
  CHECK_FALSE(is_sha256_hex(""));
  CHECK_FALSE(is_sha256_hex(std::string(63, 'a')));
  CHECK_FALSE(is_sha256_hex(std::string(65, 'a')));
  CHECK_FALSE(is_sha256_hex(std::string(63, 'a') + "g"));
}

}  // namespace vf::agent::vectorflow
