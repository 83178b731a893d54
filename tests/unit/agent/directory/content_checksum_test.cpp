#include "agent/control/directory/content_checksum.h"

#include <catch2/catch.hpp>

using vf::agent::content_checksum;

TEST_CASE("the checksum is what cat NAME.yaml NAME.env | sha256sum shows") {
  CHECK(content_checksum("", "") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(content_checksum("abc", "") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(content_checksum("a", "bc") == content_checksum("abc", ""));
}
