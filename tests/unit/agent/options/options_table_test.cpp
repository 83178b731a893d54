// The table is the one source: what it says of defaults, examples and flags holds, and the texts are made from it.
#include "agent/options_table.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "agent/options_text.h"
#include "tests/unit/agent/options/option_test.h"

using namespace vf::agent;
using namespace vf::agent::test;
using Catch::Matchers::Contains;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("every variable that the agent is documented to take is in the table") {
  std::set<std::string> names;
  for (const Option& option : option_table()) names.emplace(option.name);
  for (const char* name : {"VF_URL",
                           "VF_TOKEN",
                           "VF_TOKEN_FILE",
                           "VF_DATA_DIR",
                           "VF_VECTOR_BIN",
                           "VF_POLL_INTERVAL",
                           "VF_LOG_FLUSH_INTERVAL",
                           "VF_LOG_LEVEL",
                           "VF_LOG_FORMAT",
                           "VF_NODE_LABELS",
                           "VF_METRICS_PORT",
                           "VF_METRICS_ADDR",
                           "VF_UI_ADDR",
                           "VF_STOP_TIMEOUT",
                           "VF_CA_FILE",
                           "VF_CLIENT_CERT",
                           "VF_CLIENT_KEY",
                           "VF_SIDECAR",
                           "VF_ENV_ALLOW",
                           "VF_ECHO_LOGS",
                           "VF_PORT_BASE",
                           "VF_UPDATE_PUBLIC_KEY",
                           "HTTPS_PROXY",
                           "HTTP_PROXY",
                           "NO_PROXY"}) {
    CAPTURE(name);
    CHECK(names.contains(name));
  }
}

TEST_CASE("a row is complete and its name unique") {
  std::set<std::string_view> names, sections;
  std::string_view section;
  for (const Option& option : option_table()) {
    CAPTURE(option.name);
    CHECK(names.insert(option.name).second);
    if (option.section != section) CHECK(sections.insert(option.section).second);
    section = option.section;
    CHECK_FALSE(option.value.empty());
    CHECK_FALSE(option.takes.empty());
    CHECK_FALSE(option.takes.ends_with('.'));
    CHECK_FALSE(option.example.empty());
    CHECK(option.read != nullptr);
    CHECK(option.help.ends_with('.'));
  }
}

TEST_CASE("a flag is its variable's name in lower case with dashes") {
  for (const Option& option : option_table()) {
    if (option.name == "VF_URL") CHECK(flag_of(option) == "--url");
    if (option.name == "VF_LOG_FLUSH_INTERVAL") CHECK(flag_of(option) == "--log-flush-interval");
    if (option.name == "VF_TOKEN" || option.name == "HTTPS_PROXY") CHECK(flag_of(option).empty());
  }
}

TEST_CASE("a default of the table is the default of Options") {
  for (const Option& option : option_table()) {
    if (option.fallback.empty()) continue;
    CAPTURE(option.name);
    const ParseOutcome outcome = parse({}, {{std::string(option.name), std::string(option.fallback)}});
    CHECK(outcome.mistakes.empty());
    CHECK(outcome.options == parse({}, {}).options);
  }
  Options untouched;
  untouched.url = "https://vf.example.com";
  CHECK(parse({}, {}).options == untouched);
}

TEST_CASE("an example of the table is right, by variable and by flag, and no default") {
  const std::map<std::string, std::string> files{
      {"/run/secrets/vf-token", "vf_enroll_a"},
      {"/etc/vf-agent/ca.pem", "-----BEGIN CERTIFICATE-----"},
      {"/etc/vf-agent/client.pem", "-----BEGIN CERTIFICATE-----"},
      {"/etc/vf-agent/client.key", "-----BEGIN PRIVATE KEY-----"},
  };
  for (const Option& option : option_table()) {
    CAPTURE(option.name);
    const std::string name(option.name);
    Environment environment;
    // These two come together.
    if (name == "VF_CLIENT_CERT") environment["VF_CLIENT_KEY"] = "/etc/vf-agent/client.key";
    if (name == "VF_CLIENT_KEY") environment["VF_CLIENT_CERT"] = "/etc/vf-agent/client.pem";
    const Options without = parse({}, environment, files).options;
    Environment with = environment;
    with[name] = option.example;
    const ParseOutcome by_variable = parse({}, with, files);
    CHECK(by_variable.mistakes.empty());
    CHECK_FALSE(by_variable.options == without);
    if (const std::string flag = flag_of(option); !flag.empty()) {
      const ParseOutcome by_flag = parse({flag, std::string(option.example)}, environment, files);
      CHECK(by_flag.mistakes.empty());
      CHECK(by_flag.options == by_variable.options);
    }
  }
}

TEST_CASE("help fits 80 columns of ASCII") {
  for (const std::string& line : lines_of(help_text())) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
    CHECK(line.find_first_not_of(" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnop"
                                 "qrstuvwxyz{|}~") == std::string::npos);
    CHECK_FALSE(line.ends_with(' '));
  }
}

TEST_CASE("help names every option with its flag and default, and ends with examples") {
  const std::string help = help_text();
  for (const Option& option : option_table()) {
    CAPTURE(option.name);
    CHECK_THAT(help, Contains("\n  " + std::string(option.name)));
    if (const std::string flag = flag_of(option); !flag.empty()) CHECK_THAT(help, Contains(", " + flag + " "));
  }
  CHECK_THAT(help, Contains("Default: 5s."));
  CHECK(help.find("\nExamples:\n") > help.find("NO_PROXY"));
}

TEST_CASE("docs/options.md is what the table says; if not: vf-agent options-reference > docs/options.md") {
  std::ifstream file(VF_SOURCE_DIR "/docs/options.md");
  std::ostringstream page;
  page << file.rdbuf();
  CHECK(page.str() == options_reference());
}
