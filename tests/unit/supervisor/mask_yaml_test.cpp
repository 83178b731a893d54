// Secrets planted in every place of a configuration: none is shown.
#include "supervisor/mask_yaml.h"

#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>

using namespace vf::supervisor;
using Catch::Contains;

namespace {

void hides(const std::string& yaml) {
  const std::string shown = mask_yaml(yaml);
  CAPTURE(yaml, shown);
  CHECK_THAT(shown, !Contains("hunter2"));
  CHECK_THAT(shown, Contains("***"));
}

void keeps(const std::string& yaml) {
  CAPTURE(yaml);
  CHECK(mask_yaml(yaml) == yaml);
}

}  // namespace

TEST_CASE("a literal under a key that looks secret is hidden however it is written") {
  hides("password: hunter2\n");
  hides("password: \"hunter2 \\\" x\"\n");
  hides("password: 'hunter2 '' x'\n");
  hides("password: |\n  hunter2\n\n  more hunter2\nother: 1\n");
  hides("password: >-\n    folded\n    hunter2\n");
  hides("password: over\n  several hunter2\n  lines\n");
  hides("password: &anchor hunter2\nother: *anchor\n");
  hides("first: &anchor hunter2\npassword: *anchor\n");
  hides("password: !!str hunter2\n");
  hides("a: {password: hunter2, user: me}\n");
  hides("{\"a\": {\"password\": \"hunter2\", \"user\": \"me\"}}\n");
  hides("tokens: [hunter2, \"hunter2\"]\n");
  hides("tokens:\n  - hunter2\n  - |\n    hunter2\n    x\n");
  hides("credentials:\n  any: hunter2\n  deep: {er: [hunter2]}\n");
  hides("? password\n: hunter2\n");
  hides("\"pass\\u0077ord\": hunter2\n");
  hides("password: 'x'\npassphrase: \"multi\n  line hunter2\"\n");
  hides("? {password: hunter2}\n: x\n");
  hides("password: &a hunter2\n? *a\n: x\n");
  hides("\xEF\xBB\xBFpassword: hunter2\n");
  hides("password: ${X:-hunter2}\n");
  hides("password: a${X}hunter2\n");
  hides("key: ${X}\nname: \xC3\xA4\xC3\xB6\npassword: hunter2\n");
}

TEST_CASE("flags and headers of commands that say no secret stay") {
  keeps("command: [curl, --token-file, /run/x, \"Accept: text/plain\"]\n");
  keeps("command: [x, --password]\nother: 1\n");
  keeps("command: [x, --token, --verbose]\n");
  keeps("command: [x, \"--password\", \"${PASSWORD}\"]\n");
  keeps("a: 'say \"token: \"'\n");
}

TEST_CASE("so it is where no key says so") {
  hides("uri: https://user:hunter2@example.com/path\n");
  hides("uri: \"amqp://:hun/hunter2@example.com\"\n");
  hides("uri: https://example.com/?token=hunter2&x=1\n");
  hides("# password: hunter2\na: 1\n");
  hides("command: [curl, -H, \"X-Api-Key: hunter2\", x]\n");
  hides("command:\n  - curl\n  - 'authorization: hunter2 more'\n");
  hides("command: [mysql, \"--password\", \"hunter2\"]\n");
  hides("command: [mysql, --password, 'hunter2']\n");
  hides("command: [sh, -c, \"mysql --password hunter2 < x\"]\n");
  hides("command: [mysql, --password=hunter2]\n");
  hides("a: 1 # old token = hunter2 more\n");
  hides("transforms:\n  t:\n    source: |\n      .password = \"hunter2\"\n");
  hides("transforms:\n  t:\n    source: |\n      .[\"api_key\"] = s'hunter2'\n");
  hides("args: [\"--token=hunter2\", x]\n");
  hides("args: [\"-H\", \"Authorization: Bearer hunter2hunter2\"]\n");
  hides("headers: {X: \"Basic aHVudGVyMg==hunter2\"}\n");
  hides("tls:\n  key_file: |\n    -----BEGIN RSA PRIVATE KEY-----\n    hunter2\n    -----END RSA PRIVATE KEY-----\n");
  hides("connection_string: AccountName=x;AccountKey=hunter2;y\n");
  hides("uri: x://h?AccountKey=hunter2;y\n");
}

TEST_CASE("what is no secret stays as it is, to the byte") {
  keeps(
      "# a comment\nsources:\n  in: {type: demo_logs, format: json}  # as it is\n\nsinks:\n  out:\n    inputs: "
      "[\"in\"]\n");
  keeps("password: ${VF_SECRET_PASSWORD}\ntoken: \"${TOKEN}\"\napi_key: $KEY\nsecret_key: SECRET[vault.key]\n");
  keeps("auth: {strategy: basic, user: me, password: \"${P}\"}\n");
  keeps("store_api_key: false\nkey_file: /etc/key.pem\ncredentials_path: /etc/creds\ntoken:\n");
  keeps("secret:\n  vault: {type: exec, command: [/bin/vault]}\n");
  keeps("uri: https://${USER}:${PASS}@example.com\n");
  keeps("source: |\n  .token = parse_json!(.message)\n  if .password == null { abort }\n");
  keeps("");
  keeps("keys: [partition_key]\nauthor: me\n");
}

TEST_CASE("a key's value is hidden and its neighbours and comments stay") {
  CHECK(mask_yaml("# c\na:\n  password: hunter2 # say\n  user: me\n") ==
        "# c\na:\n  password: \"***\" # say\n  user: me\n");
  CHECK(mask_yaml("password: |\n  x\n  y\nb: 1\n") == "password: \"***\"\nb: 1\n");
}

TEST_CASE("a text that cannot be read safely is not shown") {
  for (const char* yaml :
       {"password: [hunter2\n", "\t- hunter2", "hunter2", "- hunter2\n", "a: 1\n---\npassword: hunter2\n",
        "a: \"x\npassword: hunter2\n", "a: {'x\npassword: hunter2\n", "a: !:\"x\npassword: hunter2\n"})
    CHECK_THAT(mask_yaml(yaml), !Contains("hunter2"));
  for (const char odd : {'\0', '\x04', '\x1b'})
    CHECK_THAT(mask_yaml("a: \"b" + std::string(1, odd) + "\npassword: hunter2\n"), !Contains("hunter2"));
}

TEST_CASE("aliases that multiply, or go round, end") {
  for (const char* round : {"a: &x {b: *x, password: hunter2}\n", "a: &x [*x]\npassword: hunter2\n"})
    CHECK_THAT(mask_yaml(round), !Contains("hunter2"));
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i)
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + ", *a" +
            std::to_string(i - 1) + "]\n";
  CHECK_THAT(mask_yaml(bomb + "password: hunter2\n"), !Contains("hunter2"));
}

TEST_CASE("keys that look secret are told from those that name one") {
  for (const char* key : {"password",    "PASSWORD",        "sasl.password", "api_key",           "apiKey",
                          "X-Api-Key",   "default_api_key", "access_key_id", "secret_access_key", "token",
                          "auth",        "basic_auth",      "key_pass",      "license_key",       "Authorization",
                          "private_key", "credentials",     "session_token", "sas_token",         "connection_string",
                          "sig",         "crt_key"}) {
    CAPTURE(key);
    CHECK(is_secret_key(key));
  }
  for (const char* key :
       {"", "key", "inputs", "key_file", "password_file", "credentials_path", "token_path", "author", "partition_key",
        "secret_name", "token_endpoint", "compass_mode", "pinned", "signal", "config"}) {
    CAPTURE(key);
    CHECK_FALSE(is_secret_key(key));
  }
}
