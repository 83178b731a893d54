// VF_URL, the token and the proxies.
#include "agent/option_url.h"

#include <catch2/catch.hpp>
#include <string>

#include "agent/option_paths.h"
#include "tests/unit/agent/options/option_test.h"

using namespace vf::agent;
using namespace vf::agent::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string url_of(const std::string& url) {
  const ParseOutcome outcome = parse_bare({}, {{"VF_URL", url}});
  for (const std::string& mistake : outcome.mistakes) UNSCOPED_INFO(mistake);
  REQUIRE(outcome.mistakes.empty());
  return outcome.options.url;
}

std::string folder_of(const std::string& url) {
  const ParseOutcome outcome = parse_bare({}, {{"VF_URL", url}});
  for (const std::string& mistake : outcome.mistakes) UNSCOPED_INFO(mistake);
  REQUIRE(outcome.mistakes.empty());
  CHECK(outcome.options.is_directory());
  return outcome.options.directory;
}

std::vector<std::string> warnings_of(const std::string& url) {
  return parse_bare({}, {{"VF_URL", url}}).warnings;
}

}  // namespace

TEST_CASE("a server's URL keeps its prefix and loses the slashes at its end") {
  CHECK(url_of("https://vf.example.com") == "https://vf.example.com");
  CHECK(url_of("https://vf.example.com/") == "https://vf.example.com");
  CHECK(url_of("HTTPS://VF.Example.com:8443/Vector/Flow//") == "https://vf.example.com:8443/Vector/Flow");
  CHECK(url_of("https://[2001:DB8::1]:8443/a") == "https://[2001:db8::1]:8443/a");
  CHECK(url_of("http://localhost:3000") == "http://localhost:3000");
  CHECK(url_of("https://vf_1.example.com/a%20b") == "https://vf_1.example.com/a%20b");
  CHECK(parse_bare({}, {{"VF_URL", "https://vf.example.com"}}).options.directory.empty());
  CHECK_FALSE(parse_bare({}, {{"VF_URL", "https://vf.example.com"}}).options.is_directory());
}

TEST_CASE("a URL is required, and the message shows one") {
  const ParseOutcome outcome = parse_bare({}, {});
  REQUIRE(outcome.mistakes.size() == 1);
  CHECK(
      outcome.mistakes[0] ==
      "VF_URL is not set; it takes https://HOST[:PORT][/PREFIX], http://HOST[:PORT][/PREFIX] or file:///FOLDER, as in "
      "VF_URL=https://vectorflow.example.com");
  CHECK(parse_bare({}, {{"VF_URL", " \n"}}).mistakes == outcome.mistakes);
}

TEST_CASE("a URL is http, https or file") {
  CHECK(mistake_of("VF_URL", "ftp://vf.example.com") ==
        "VF_URL is \"ftp://vf.example.com\": the scheme \"ftp\" is not known; it takes https://HOST[:PORT][/PREFIX], "
        "http://HOST[:PORT][/PREFIX] or file:///FOLDER");
  CHECK_THAT(mistake_of("VF_URL", "vf.example.com"), Contains("has no scheme such as https://"));
  CHECK_THAT(mistake_of("VF_URL", "://x"), Contains("has no scheme"));
  CHECK_THAT(mistake_of("VF_URL", "/etc/pipelines"), Contains("for a folder write file:///etc/pipelines"));
}

TEST_CASE("a URL holds no credentials, and those it holds are not shown") {
  for (const char* url : {"https://me:secret@vf.example.com", "https://me@vf.example.com", "https://@vf.example.com"}) {
    CHECK_THAT(mistake_of("VF_URL", url), Contains("holds a user name or password"));
    CHECK_THAT(mistake_of("VF_URL", url), !Contains("secret"));
  }
}

TEST_CASE("a URL holds neither query nor fragment") {
  CHECK_THAT(mistake_of("VF_URL", "https://vf.example.com/?a=secret"), Contains("holds a '?' or '#'"));
  CHECK_THAT(mistake_of("VF_URL", "https://vf.example.com/?a=secret"), !Contains("secret"));
  CHECK_THAT(mistake_of("VF_URL", "https://vf.example.com#a"), Contains("holds a '?' or '#'"));
}

TEST_CASE("a URL has a host and a port that can be") {
  CHECK_THAT(mistake_of("VF_URL", "https://"), Contains("names no host"));
  CHECK_THAT(mistake_of("VF_URL", "https:///x"), Contains("names no host"));
  CHECK_THAT(mistake_of("VF_URL", "https://:443"), Contains("names no host"));
  CHECK_THAT(mistake_of("VF_URL", "https://vf example.com"), Contains("no host name has"));
  CHECK_THAT(mistake_of("VF_URL", "https://f\u00fcr.example.com"), Contains("no host name has"));
  CHECK_THAT(mistake_of("VF_URL", "https://2001:db8::1"), Contains("number from 1 to 65535"));
  CHECK_THAT(mistake_of("VF_URL", "https://[vf]"), Contains("no IPv6 address"));
  CHECK_THAT(mistake_of("VF_URL", "https://[::1"), Contains("no IPv6 address"));
  CHECK_THAT(mistake_of("VF_URL", "https://[::1]x"), Contains("no IPv6 address"));
  for (const char* port : {"", "0", "65536", "x", "80x", "-1"}) {
    CHECK_THAT(mistake_of("VF_URL", "https://vf.example.com:" + std::string(port)), Contains("from 1 to 65535"));
  }
  CHECK_THAT(mistake_of("VF_URL", "https://vf.example.com/a b"), Contains("must be written as %XX"));
}

TEST_CASE("a folder's URL is percent-decoded") {
  CHECK(folder_of("file:///etc/vf-agent/pipelines") == "/etc/vf-agent/pipelines");
  CHECK(folder_of("FILE:///etc//x/./y/") == "/etc/x/y");
  CHECK(folder_of("file://localhost/etc/x") == "/etc/x");
  CHECK(folder_of("file:///a%20b/100%25/%C3%A9%3F%23") == "/a b/100%/\u00e9?#");
  CHECK(folder_of("file:///a b/\u00e9") == "/a b/\u00e9");
  CHECK(url_of("file:///etc/x/") == "file:///etc/x");
}

TEST_CASE("a folder's URL is an absolute path and nothing else") {
  for (const char* url : {"file://etc/x", "file://x", "file://~/x", "file://me@localhost/x", "file://localhost:1/x"}) {
    CHECK_THAT(mistake_of("VF_URL", url), Contains("has three slashes"));
  }
  for (const char* url : {"file://", "file:///", "file:///.", "file://localhost"}) {
    CHECK_THAT(mistake_of("VF_URL", url), Contains("names no folder"));
  }
  for (const char* url :
       {"file:///a%", "file:///a%2", "file:///a%zz", "file:///a%00b", "file:///a%+1", "file:///a%-1"}) {
    CHECK_THAT(mistake_of("VF_URL", url), Contains("two hex digits"));
  }
  CHECK_THAT(mistake_of("VF_URL", "file:///a?b"), Contains("write %3F or %23"));
  CHECK_THAT(mistake_of("VF_URL", "file:///a#b"), Contains("write %3F or %23"));
  CHECK_THAT(mistake_of("VF_URL", "file:///a/../b"), Contains("holds '..'"));
  CHECK_THAT(mistake_of("VF_URL", "file:///a/%2e%2e/b"), Contains("holds '..'"));
}

TEST_CASE("the folder of pipelines does not lie within the agent's own") {
  const auto mistakes = [](const std::string& url) {
    return parse_bare({}, {{"VF_URL", url}, {"VF_DATA_DIR", "/srv/vf"}}).mistakes;
  };
  REQUIRE(mistakes("file:///srv/vf").size() == 1);
  CHECK(mistakes("file:///srv/vf/pipelines").at(0) ==
        "VF_URL is \"file:///srv/vf/pipelines\": the folder lies within VF_DATA_DIR \"/srv/vf\", which belongs to the "
        "agent; use another folder");
  CHECK(mistakes("file:///srv/vf-pipelines").empty());
  CHECK(mistakes("file:///srv").empty());
}

TEST_CASE("http to another machine is a warning, to this one it is not") {
  REQUIRE(warnings_of("http://vf.example.com").size() == 1);
  CHECK_THAT(warnings_of("http://vf.example.com")[0],
             StartsWith("VF_URL is \"http://vf.example.com\": the node's token travels in clear"));
  CHECK(warnings_of("http://10.0.0.1").size() == 1);
  CHECK(warnings_of("http://[2001:db8::1]").size() == 1);
  CHECK(warnings_of("http://127.example.com").size() == 1);
  for (const char* url : {"http://localhost", "http://vf.localhost:80", "http://127.0.0.1", "http://127.9.9.9:1",
                          "http://[::1]:3000", "https://vf.example.com", "file:///etc/x"}) {
    CHECK(warnings_of(url).empty());
  }
}

TEST_CASE("a token comes from VF_TOKEN or from a file, without the white space around it") {
  CHECK(parse({}, {{"VF_TOKEN", "vf_enroll_a_1\n"}}).options.token == "vf_enroll_a_1");
  CHECK(parse({}, {{"VF_TOKEN_FILE", "/t"}}, {{"/t", " vf_enroll_a_1\r\n"}}).options.token == "vf_enroll_a_1");
  CHECK(parse({}, {}).options.token.empty());
  CHECK(parse({}, {}).mistakes.empty());
}

TEST_CASE("both tokens are a mistake, but the flag of the file wins") {
  const std::map<std::string, std::string> files{{"/t", "vf_enroll_file"}};
  const ParseOutcome both = parse({}, {{"VF_TOKEN", "vf_enroll_a"}, {"VF_TOKEN_FILE", "/t"}}, files);
  REQUIRE(both.mistakes.size() == 1);
  CHECK(both.mistakes[0] == "VF_TOKEN and VF_TOKEN_FILE are both set, VF_TOKEN_FILE to \"/t\": set one of them");
  const ParseOutcome flag = parse({"--token-file", "/t"}, {{"VF_TOKEN", "vf_enroll_a"}}, files);
  CHECK(flag.mistakes.empty());
  CHECK(flag.options.token == "vf_enroll_file");
}

TEST_CASE("a bad token is a mistake that does not show it") {
  for (const std::string& bad : std::vector<std::string>{"sec ret", "sec\tret", "secret\xc3\xa9", "\"secret\"",
                                                         "'secret'", "secret" + std::string(5000, 'x')}) {
    const std::string mistake = mistake_of("VF_TOKEN", bad);
    CHECK_THAT(mistake, StartsWith("VF_TOKEN: "));
    CHECK_THAT(mistake, Contains("it takes an enrollment token"));
    CHECK_THAT(mistake, !Contains("sec"));
    const std::string of_file = mistake_of("VF_TOKEN_FILE", "/t", {{"/t", bad}});
    CHECK_THAT(of_file, StartsWith("VF_TOKEN_FILE is \"/t\": "));
    CHECK_THAT(of_file, !Contains("sec"));
  }
  CHECK_THAT(mistake_of("VF_TOKEN_FILE", "/t", {{"/t", "\n"}}), Contains("holds no token"));
  CHECK_THAT(mistake_of("VF_TOKEN_FILE", "/no"), Contains("cannot read /no: No such file or directory (errno 2)"));
}

TEST_CASE("a token in the place of a file's name or of a URL is recognised and not shown") {
  CHECK_THAT(mistake_of("VF_TOKEN_FILE", "vf_enroll_acme_secret"), Contains("not the name of a file"));
  CHECK_THAT(mistake_of("VF_TOKEN_FILE", "vf_enroll_acme_secret"), !Contains("secret"));
  CHECK_THAT(mistake_of("VF_URL", "vf_enroll_acme_secret"), Contains("belongs into VF_TOKEN"));
  CHECK_THAT(mistake_of("VF_URL", "vf_enroll_acme_secret"), !Contains("secret"));
}

TEST_CASE("a node token in the place of an enrollment token is a warning") {
  const ParseOutcome outcome = parse({}, {{"VF_TOKEN", "vf_node_acme_secret"}});
  CHECK(outcome.mistakes.empty());
  REQUIRE(outcome.warnings.size() == 1);
  CHECK_THAT(outcome.warnings[0], Contains("looks like a node token"));
  CHECK_THAT(outcome.warnings[0], !Contains("secret"));
}

TEST_CASE("a proxy variable is read in upper and lower case, and lower case wins") {
  CHECK(parse({}, {{"HTTPS_PROXY", "http://up:1"}}).options.https_proxy == "http://up:1");
  CHECK(parse({}, {{"https_proxy", "http://low:1"}}).options.https_proxy == "http://low:1");
  CHECK(parse({}, {{"HTTPS_PROXY", "http://up:1"}, {"https_proxy", "http://low:1"}}).options.https_proxy ==
        "http://low:1");
  CHECK(parse({}, {{"HTTPS_PROXY", "http://up:1"}, {"https_proxy", ""}}).options.https_proxy == "http://up:1");
  CHECK(parse({}, {{"no_proxy", "a,b"}, {"NO_PROXY", "c"}}).options.no_proxy == "a,b");
  CHECK(parse_bare({}, {{"VF_URL", "http://localhost"}, {"http_proxy", "p"}}).options.http_proxy == "http://p");
}

TEST_CASE("the proxy that is used is made one form") {
  CHECK(parse({}, {{"HTTPS_PROXY", "proxy:3128"}}).options.https_proxy == "http://proxy:3128");
  CHECK(parse({}, {{"HTTPS_PROXY", "http://me:pw@Proxy:3128/"}}).options.https_proxy == "http://me:pw@proxy:3128");
  CHECK(parse({}, {{"HTTPS_PROXY", "[::1]:3128"}}).options.https_proxy == "http://[::1]:3128");
}

TEST_CASE("a proxy that is used and cannot be is a mistake without its password") {
  CHECK(mistake_of("HTTPS_PROXY", "socks5://me:secret@proxy:1080") ==
        "HTTPS_PROXY is \"socks5://***@proxy:1080\": the agent speaks to no \"socks5\" proxy; it takes "
        "http://[USER:PASSWORD@]HOST[:PORT]");
  CHECK_THAT(mistake_of("https_proxy", "https://proxy"), StartsWith("https_proxy is \"https://proxy\": "));
  CHECK_THAT(mistake_of("HTTPS_PROXY", "http://"), Contains("names no host"));
  CHECK_THAT(mistake_of("HTTPS_PROXY", "http://proxy:0"), Contains("from 1 to 65535"));
  CHECK_THAT(mistake_of("HTTPS_PROXY", "http://proxy/x"), Contains("something follows host and port"));
}

TEST_CASE("a proxy that is not used, or may not be, is not judged") {
  CHECK(mistake_of("HTTP_PROXY", "socks5://proxy").empty());
  CHECK(parse_bare({}, {{"VF_URL", "file:///etc/x"}, {"HTTPS_PROXY", "socks5://proxy"}}).mistakes.empty());
  CHECK(parse_bare({}, {{"VF_URL", "http://localhost"}, {"HTTPS_PROXY", "socks5://proxy"}}).mistakes.empty());
  CHECK(parse_bare({}, {{"VF_URL", "http://localhost"}, {"HTTP_PROXY", "socks5://proxy"}}).mistakes.empty());
  const ParseOutcome exempt = parse({}, {{"HTTPS_PROXY", "socks5://proxy"}, {"NO_PROXY", ".example.com"}});
  CHECK(exempt.mistakes.empty());
  CHECK(exempt.options.https_proxy == "socks5://proxy");
}

TEST_CASE("a path is cleaned without looking at the disk") {
  CHECK(clean_path("/") == "/");
  CHECK(clean_path("//") == "/");
  CHECK(clean_path("/a//b/./c/") == "/a/b/c");
  CHECK(clean_path("a/./b/") == "a/b");
  CHECK(clean_path("").empty());
  CHECK(is_within("/a/b", "/a"));
  CHECK(is_within("/a", "/a"));
  CHECK(is_within("/a", "/"));
  CHECK_FALSE(is_within("/ab", "/a"));
  CHECK_FALSE(is_within("/a", "/a/b"));
}
