// Who may ask the page's listener. What a browser sends for another site's page must get nothing.
#include "agent/local/page_access.h"

#include <catch2/catch.hpp>

using namespace vf::agent;

namespace {

const PageAccess rules{std::string(64, 'a'), "Node-7"};

unsigned status_of(const std::string& host, const std::string& origin, const std::string& authorization,
                   bool needs_token = true) {
  LocalRequest request;
  request.host = host;
  request.origin = origin;
  request.authorization = authorization;
  const auto refused = refusal(request, rules, needs_token);
  return refused ? refused->status : 200;
}

}  // namespace

TEST_CASE("a host that a name server could lead here is refused") {
  for (const char* host : {"127.0.0.1", "127.0.0.1:8787", "10.1.2.3:1", "localhost", "LocalHost:80", "[::1]",
                           "[fe80::1]:80", "node-7", "NODE-7:8787"}) {
    CAPTURE(host);
    CHECK(is_own_host(host, "Node-7"));
  }
  for (const char* host : {"",
                           ":80",
                           "evil.example",
                           "127.0.0.1.evil.example",
                           "localhost.",
                           "localhost.evil.example",
                           "127.0.0.1:80:80",
                           "127.0.0.1:x",
                           "127.0.0.1:123456",
                           "[::1",
                           "[::1]x",
                           "[::1]:",
                           "[evil]:80",
                           "::1",
                           "node-8",
                           "127.1",
                           "0x7f000001",
                           "localhost, evil.example",
                           "user@127.0.0.1",
                           "127.0.0.1/"}) {
    CAPTURE(host);
    CHECK_FALSE(is_own_host(host, "Node-7"));
  }
  CHECK_FALSE(is_own_host("", ""));
  CHECK_FALSE(is_own_host(std::string_view("127.0.0.1\0.evil", 15), ""));
  CHECK_FALSE(is_own_host(std::string_view("[::1\0x]", 8), ""));
}

TEST_CASE("another origin is refused, also with the token; one that is the host itself is not") {
  const std::string token = "Bearer " + rules.token;
  CHECK(status_of("127.0.0.1:1", "", token) == 200);
  CHECK(status_of("127.0.0.1:1", "http://127.0.0.1:1", token) == 200);
  CHECK(status_of("127.0.0.1:1", "https://127.0.0.1:1", token) == 200);
  for (const char* origin :
       {"null", "http://evil.example", "http://127.0.0.1:2", "http://127.0.0.1:10", "http://localhost:1", "file://",
        "127.0.0.1:1", "http://127.0.0.1:1, http://127.0.0.1:1"}) {
    CAPTURE(origin);
    CHECK(status_of("127.0.0.1:1", origin, token) == 403);
    CHECK(status_of("127.0.0.1:1", origin, "", false) == 403);
  }
}

TEST_CASE("nothing but the whole token opens") {
  CHECK(status_of("localhost", "", "Bearer " + rules.token) == 200);
  for (const std::string& wrong :
       {std::string(), rules.token, std::string("Bearer "), "Basic " + rules.token, "Bearer " + rules.token + "a",
        "Bearer " + rules.token.substr(1), "bearer " + rules.token, "Bearer  " + rules.token, std::string("Bearer a")})
    CHECK(status_of("localhost", "", wrong) == 401);
  CHECK(status_of("localhost", "", "", false) == 200);
  CHECK_FALSE(is_same_secret("", "x"));
  CHECK_FALSE(is_same_secret("xx", "x"));
  CHECK(is_same_secret("x", "x"));
}

TEST_CASE("a page's own style and script are allowed by their digests, and nothing else") {
  CHECK(content_security_policy("a", "b") ==
        "default-src 'none'; style-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='; "
        "script-src 'sha256-PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0='; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'");
}
