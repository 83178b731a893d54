#include "agent/base64.h"

#include <catch2/catch.hpp>

namespace vf::agent {

TEST_CASE("base64 decodes to the bytes that were encoded") {
  // RFC 4648, section 10.
  CHECK(decode_base64("") == "");
  CHECK(decode_base64("Zg==") == "f");
  CHECK(decode_base64("Zm8=") == "fo");
  CHECK(decode_base64("Zm9v") == "foo");
  CHECK(decode_base64("Zm9vYg==") == "foob");
  CHECK(decode_base64("Zm9vYmE=") == "fooba");
  CHECK(decode_base64("Zm9vYmFy") == "foobar");
  CHECK(decode_base64("AP/+gA==") == std::string("\x00\xFF\xFE\x80", 4));
}

TEST_CASE("what no encoder writes is not base64") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zm9", "Zm9vYg", "Zg==Zg==", "====", "A===", "=", "==", "Zm9v\n", "Zm9 v",
                           "Zm9v    ", "Zm-_", "Zm9v\xC3\xA4==", "Zh==", "Zm9=", "Zg=A"}) {
    INFO(text);
    CHECK_FALSE(decode_base64(text));
  }
  CHECK_FALSE(decode_base64(std::string("Zm9\0", 4)));
}

}  // namespace vf::agent
