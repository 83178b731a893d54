#include "push/push_url.h"

#include <catch2/catch.hpp>

#include "push/url.h"

namespace vf::push {
namespace {

constexpr auto base = "https://good.example/vf";
constexpr auto fallback = "https://good.example/vf/api/agent/push";

}  // namespace

TEST_CASE("an URL is taken apart into scheme, host, port and target") {
  const auto url = parse_url("HTTP://Cp.Example:8443/a/b?c=d#e");
  REQUIRE(url);
  CHECK(url->scheme == "http");
  CHECK(url->host == "cp.example");
  CHECK(url->port == 8443);
  CHECK(url->target == "/a/b?c=d");
  CHECK(url->origin() == "http://cp.example:8443");
}

TEST_CASE(
    "an URL without a port has its scheme's own, and its origin does not "
    "spell it") {
  CHECK(parse_url("http://a")->port == 80);
  CHECK(parse_url("https://a")->port == 443);
  CHECK(parse_url("https://a:")->port == 443);
  CHECK(parse_url("https://a:443/x")->origin() == "https://a");
  CHECK(parse_url("http://a:443/x")->origin() == "http://a:443");
}

TEST_CASE("an URL without a path has the target /") {
  CHECK(parse_url("http://a")->target == "/");
  CHECK(parse_url("http://a?q=1")->target == "/?q=1");
  CHECK(parse_url("http://a#f")->target == "/");
}

TEST_CASE("two spellings of one IPv6 address are one host") {
  CHECK(parse_url("http://[0:0::1]:80/")->host == "::1");
  CHECK(parse_url("http://[2001:DB8::A]/")->authority() == "[2001:db8::a]");
  CHECK(same_origin(*parse_url("https://[::1]/a"), *parse_url("https://[0:0:0:0:0:0:0:1]:443/b")));
}

TEST_CASE("what two parsers could read differently is no URL") {
  for (const char* text : {"",
                           "a",
                           "/a",
                           "//a/b",
                           "ftp://a",
                           "http:/a",
                           "http://",
                           "http:///a",
                           "http://a:0/",
                           "http://a:65536/",
                           "http://a:-1/",
                           "http://a:80x/",
                           "http://a:8 0/",
                           "http://a b/",
                           "http://user@a/",
                           "http://user:pass@a/",
                           "https://good.example@evil/",
                           "https://good.example\\@evil/",
                           "https://good.example\\.evil/",
                           "http://a%2eb/",
                           "http://[::1",
                           "http://[::1]x/",
                           "http://[::g]/",
                           "http://[fe80::1%25eth0]/",
                           "http://::1/",
                           "http://\xc3\xa4/",
                           "http://a/\n",
                           "http://a\t/",
                           " http://a/",
                           "http://a/\x7f",
                           "http://a/\\b"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_url(text));
  }
  CHECK_FALSE(parse_url("http://a/" + std::string(9000, 'x')));
  CHECK_FALSE(parse_url("http://" + std::string(300, 'x')));
}

TEST_CASE(
    "the offered push URL is used where scheme, host and port are those "
    "of VF_URL") {
  CHECK(choose_push_url(base, "https://good.example/stream?x=1") == "https://good.example/stream?x=1");
  CHECK(choose_push_url(base, "https://GOOD.example:443/api/agent/push") == "https://good.example/api/agent/push");
  CHECK(choose_push_url("http://cp:3000", "http://cp:3000/p") == "http://cp:3000/p");
  CHECK(choose_push_url("http://[::1]:3000", "http://[0::1]:3000/p") == "http://[::1]:3000/p");
}

TEST_CASE("the token never leaves VF_URL's origin, whatever URL is offered") {
  for (const char* offered :
       {"", "http://good.example/p", "https://good.example:8443/p", "https://evil.example/p",
        "https://good.example@evil/", "https://good.example:443@evil/", "https://evil#@good.example/",
        "https://evil?@good.example/", "https://evil\\@good.example/", "https://good.example.evil/p",
        "https://sub.good.example/p", "https://good.example./p", "//good.example/p", "/api/agent/push",
        "wss://good.example/p", "not an url"}) {
    CAPTURE(offered);
    CHECK(choose_push_url(base, offered) == fallback);
  }
}

TEST_CASE("a trailing / of VF_URL is ignored") {
  CHECK(fallback_push_url("http://cp:3000/") == "http://cp:3000/api/agent/push");
  CHECK(choose_push_url("http://cp:3000//", "") == "http://cp:3000/api/agent/push");
}

}  // namespace vf::push
