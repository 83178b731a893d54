#include "agent/http/proxy.h"

#include <catch2/catch.hpp>

namespace vf::agent {
namespace {

std::string proxy_of(const std::string& url, const ProxySettings& settings) {
  const auto chosen = choose_proxy(*push::parse_url(url), settings);
  if (!chosen.ok()) return "error: " + chosen.error().message();
  if (!chosen.value()) return "none";
  return chosen.value()->host + ":" + std::to_string(chosen.value()->port) +
         (chosen.value()->user.empty() ? "" : " " + chosen.value()->user + ":" + chosen.value()->password);
}

bool proxied(const std::string& url, const std::string& no_proxy) {
  return proxy_of(url, {"http://s:1", "http://p:1", no_proxy}) != "none";
}

}  // namespace

TEST_CASE("https and http have a proxy each, and without one there is none") {
  const ProxySettings both{"http://s:8080", "http://p:3128", ""};
  CHECK(proxy_of("https://cp.example/", both) == "s:8080");
  CHECK(proxy_of("http://cp.example/", both) == "p:3128");
  CHECK(proxy_of("https://cp.example/", {"", "http://p:3128", ""}) == "none");
  CHECK(proxy_of("http://cp.example/", {"http://s:8080", "", ""}) == "none");
}

TEST_CASE("a proxy is an URL or bare host and port, and its port is 80 where it names none") {
  CHECK(proxy_of("http://a/", {"", "proxy.example:3128", ""}) == "proxy.example:3128");
  CHECK(proxy_of("http://a/", {"", "proxy.example", ""}) == "proxy.example:80");
  CHECK(proxy_of("http://a/", {"", "http://[::1]:3128/", ""}) == "::1:3128");
}

TEST_CASE("a proxy's credentials are percent-decoded") {
  CHECK(proxy_of("http://a/", {"", "http://user:pass@p:1", ""}) == "p:1 user:pass");
  CHECK(proxy_of("http://a/", {"", "us%65r:p%40ss@p:1", ""}) == "p:1 user:p@ss");
  CHECK(proxy_of("http://a/", {"", "http://user@p:1", ""}) == "p:1 user:");
  CHECK(proxy_of("http://a/", {"", "http://u:a%zz%4@p:1", ""}) == "p:1 u:a%zz%4");
}

TEST_CASE("a proxy that is not understood is an error that does not repeat the password") {
  for (const char* text : {"https://u:secret@p:1", "socks5://u:secret@p:1", "http://u:secret@", "http://u:secret@p:x",
                           "http://u:secret@p:1:2"}) {
    const std::string told = proxy_of("http://a/", {"", text, ""});
    CAPTURE(text);
    CHECK_THAT(told, Catch::StartsWith("error: cannot use the proxy of http_proxy"));
    CHECK_THAT(told, !Catch::Contains("secret"));
  }
}

TEST_CASE("localhost and loopback addresses are never proxied") {
  for (const char* url : {"http://localhost/", "http://LOCALHOST:1/", "http://127.0.0.1/", "http://127.9.9.9/",
                          "http://[::1]/", "http://[::ffff:127.0.0.1]/"}) {
    CAPTURE(url);
    CHECK_FALSE(proxied(url, ""));
  }
  CHECK(proxied("http://localhost.example/", ""));
  CHECK(proxied("http://128.0.0.1/", ""));
}

TEST_CASE("no_proxy * excludes everything") {
  CHECK_FALSE(proxied("http://cp.example/", "*"));
  CHECK_FALSE(proxied("http://10.0.0.1/", "other, *"));
}

TEST_CASE("a domain in no_proxy means itself and what is below, with a leading dot only what is below") {
  CHECK_FALSE(proxied("http://corp.example/", "corp.example"));
  CHECK_FALSE(proxied("http://a.corp.example/", "corp.example"));
  CHECK_FALSE(proxied("http://a.b.CORP.example/", " x , Corp.Example "));
  CHECK(proxied("http://notcorp.example/", "corp.example"));
  CHECK(proxied("http://corp.example.evil/", "corp.example"));
  for (const char* below : {".corp.example", "*.corp.example"}) {
    CHECK_FALSE(proxied("http://a.corp.example/", below));
    CHECK(proxied("http://corp.example/", below));
  }
}

TEST_CASE("a port in no_proxy means that port only") {
  CHECK_FALSE(proxied("http://cp.example:8080/", "cp.example:8080"));
  CHECK(proxied("http://cp.example/", "cp.example:8080"));
  CHECK_FALSE(proxied("https://cp.example/", "cp.example:443"));
  CHECK_FALSE(proxied("http://10.0.0.1:8080/", "10.0.0.1:8080"));
  CHECK(proxied("http://10.0.0.1:8081/", "10.0.0.1:8080"));
  CHECK_FALSE(proxied("http://[fd00::1]:8080/", "[fd00::1]:8080"));
  CHECK(proxied("http://[fd00::1]:8081/", "[fd00::1]:8080"));
}

TEST_CASE("addresses and CIDR blocks in no_proxy match addresses, not names") {
  CHECK_FALSE(proxied("http://10.1.2.3/", "10.1.2.3"));
  CHECK_FALSE(proxied("http://10.1.2.3/", "10.0.0.0/8"));
  CHECK_FALSE(proxied("http://10.1.2.3/", "10.1.2.2/31"));
  CHECK(proxied("http://10.1.2.3/", "10.1.2.4/31"));
  CHECK(proxied("http://11.1.2.3/", "10.0.0.0/8"));
  CHECK_FALSE(proxied("http://11.1.2.3/", "0.0.0.0/0"));
  CHECK_FALSE(proxied("http://[fd00::1]/", "fd00::/8"));
  CHECK_FALSE(proxied("http://[fd00::1]/", "fd00:0::1"));
  CHECK(proxied("http://[fd00::1]/", "0.0.0.0/0"));
  CHECK(proxied("http://cp.example/", "0.0.0.0/0"));
  CHECK(proxied("http://1.2.3.10/", "3.10"));
}

TEST_CASE("an entry of no_proxy that is nothing matches nothing") {
  for (const char* entry : {"", ",", " , ,", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "/8",
                            "cp.example:", "cp.example:x", "[fd00::1", "[::1]x", ":80"}) {
    CAPTURE(entry);
    CHECK(proxied("http://cp.example/", entry));
    CHECK(proxied("http://10.0.0.1/", entry));
  }
}

}  // namespace vf::agent
