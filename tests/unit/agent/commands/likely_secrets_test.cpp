#include "agent/commands/likely_secrets.h"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

using namespace vf::agent;

TEST_CASE("the value behind a name that speaks of a secret is masked, in every form it is written") {
  for (const std::string text :
       {"password: hunter22", "password: \"hunter22\"", "db_password='hunter22' next", "{auth: {password: hunter22}}",
        "\"api_key\":\"hunter22\"", "AWS_SECRET_ACCESS_KEY=hunter22", "msg=\"{\\\"token\\\":\\\"hunter22\\\"}\"",
        "token = hunter22;", "Authorization: Bearer hunter22", "curl -H 'x: Basic hunter22=='",
        "see https://me:hunter22@host/path", "-----BEGIN RSA PRIVATE KEY-----\nhunter22\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nhunter22", "private-key: hunter22", "x-api-key: hunter22"}) {
    INFO(text);
    CHECK(without_likely_secrets(text).find("hunter22") == std::string::npos);
    CHECK(without_likely_secrets(text).find("***") != std::string::npos);
  }
}

TEST_CASE("what is no secret stays") {
  for (const std::string text : {"token_file: /run/token", "password: ${PASSWORD}", "max_tokens: 12", "secret: true",
                                 "https://host:80/a@b", "no secrets here", "secret:\n  vault:\n    type: exec",
                                 "key: SECRET[a.b]", "token: SECRET[a.b]", "token:", "token"}) {
    CHECK(without_likely_secrets(text) == text);
  }
}

TEST_CASE("both of two keys are masked, and what is between them stays") {
  const std::string key = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n";
  const std::string text = without_likely_secrets(key + "between\n" + key + "after");
  CHECK(text.find("abc") == std::string::npos);
  CHECK(text.find("between") != std::string::npos);
  CHECK(text.find("after") != std::string::npos);
}

TEST_CASE("JSON stays JSON") {
  const std::string text =
      R"({"token":"a\"b","secretNames":["A"],"tokens":12,"secret":null,"password":"x","apiKey":{"k":1},"access_key":true})";
  CHECK_NOTHROW(boost::json::parse(without_likely_secrets(text)));
  CHECK(without_likely_secrets(text).find("a\\\"b") == std::string::npos);
}

TEST_CASE("a YAML's literal secrets are found, to be masked wherever else they stand") {
  const auto found = likely_secrets_in("auth:\n  user: me\n  password: hunter22\ntoken: \"t0ken\"\nsecret: ${S}\n");
  REQUIRE(found.size() == 2);
  for (const auto& [name, value] : found) CHECK((value == "hunter22" || value == "t0ken"));
}

TEST_CASE("an environment's are those whose names say so, and passwords in its URLs") {
  const auto found = likely_secrets_of({{"AWS_SECRET_ACCESS_KEY", "aaaa1"},
                                        {"HTTPS_PROXY", "http://u:bbbb2@proxy:1"},
                                        {"HOME", "/root"},
                                        {"OLDPWD", "/root"},
                                        {"VF_TOKEN_FILE", "/run/token"},
                                        {"VF_TOKEN", "cccc3"}});
  REQUIRE(found.size() == 3);
}

TEST_CASE("a password of digits is one, too: Vector quotes it where it wants a string") {
  const auto found = likely_secrets_in("auth:\n  password: 88776655\n  max_tokens: 4096\n");
  REQUIRE(found.size() == 1);
  CHECK(found.begin()->second == "88776655");
  CHECK(without_likely_secrets("pin=88776655, tokens=12") == "pin=***, tokens=12");
}
