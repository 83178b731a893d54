#include "agent/http/redirect.h"

#include <catch2/catch.hpp>

namespace vf::agent {
namespace {

const push::Url from = *push::parse_url("https://cp.example/vf/");

}  // namespace

TEST_CASE("a redirect within the origin leads to its path") {
  CHECK(redirect_target(from, "/api/agent/config") == "/api/agent/config");
  CHECK(redirect_target(from, "/a?b=c#d") == "/a?b=c");
  CHECK(redirect_target(from, "https://cp.example/a") == "/a");
  CHECK(redirect_target(from, "https://CP.example:443/a") == "/a");
  CHECK(redirect_target(from, "//cp.example/a") == "/a");
}

TEST_CASE("a redirect to another origin, or to who knows where, leads nowhere") {
  for (const char* location :
       {"", "a", "../a", "?a", "#a", "http://cp.example/a", "https://cp.example:8443/a", "https://evil.example/a",
        "//evil.example/a", "https://cp.example@evil.example/", "/a b", "/a\r\nX: y", "/\xc3\xa4", "javascript:x"}) {
    CAPTURE(location);
    CHECK_FALSE(redirect_target(from, location));
  }
}

}  // namespace vf::agent
