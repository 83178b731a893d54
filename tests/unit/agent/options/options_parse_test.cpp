// The whole: commands, flags, precedence, all mistakes at once, unknown names.
#include "agent/options_parse.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "agent/commands/command_help.h"
#include "tests/unit/agent/options/option_test.h"

using namespace std::chrono_literals;
using namespace vf::agent;
using namespace vf::agent::test;
using Catch::Matchers::Contains;

TEST_CASE("vf-agent is vf-agent run") {
  CHECK(parse({}, {}).command == Command::run);
  CHECK(parse({"run"}, {}).command == Command::run);
  CHECK(parse({"--poll-interval", "7s", "run"}, {}).options.poll_interval == 7s);
  CHECK(parse({"run"}, {}).options == parse({}, {}).options);
}

TEST_CASE("help and version work however wrong the rest is") {
  for (const Args& args : {Args{"--help"}, Args{"-h"}, Args{"help"}, Args{"run", "--help"}, Args{"--wrong", "--help"},
                           Args{"--version", "--help"}, Args{"nonsense", "--help"}}) {
    const ParseOutcome outcome = parse_bare(args, {{"VF_POLL_INTERVAL", "x"}, {"VF_WRONG", "x"}});
    CHECK(outcome.command == Command::help);
    CHECK(outcome.mistakes.empty());
    CHECK(outcome.warnings.empty());
  }
  for (const Args& args : {Args{"--version"}, Args{"-V"}, Args{"version"}, Args{"--version", "run"}}) {
    CHECK(parse_bare(args, {}).command == Command::version);
    CHECK(parse_bare(args, {}).mistakes.empty());
  }
  CHECK(parse_bare({"options-reference"}, {}).command == Command::options_reference);
  CHECK(parse_bare({"run", "--check-options"}, {}).command == Command::check_options);
  CHECK(parse_bare({"--check-options", "--url", "ftp://x"}, {}).mistakes.size() == 1);  // it is there to find them
}

TEST_CASE("a flag takes its value after a space or an equals sign") {
  CHECK(parse({"--poll-interval", "7s"}, {}).options.poll_interval == 7s);
  CHECK(parse({"--poll-interval=7s"}, {}).options.poll_interval == 7s);
  CHECK(parse({"--node-labels=a=b"}, {}).options.node_labels.at("a") == "b");
  CHECK(parse({"--echo-logs", "false"}, {}).options.echo_logs == false);
  CHECK(parse_bare({"--url", "file:///a"}, {}).options.directory == "/a");
}

TEST_CASE("a flag wins over its variable, the last of several over the others") {
  CHECK(parse({"--poll-interval=7s"}, {{"VF_POLL_INTERVAL", "9s"}}).options.poll_interval == 7s);
  CHECK(parse({"--poll-interval=7s"}, {{"VF_POLL_INTERVAL", "wrong"}}).mistakes.empty());
  CHECK(parse({"--poll-interval=7s", "--poll-interval=8s"}, {}).options.poll_interval == 8s);
}

TEST_CASE("a mistake in a flag names the flag") {
  CHECK(parse({"--poll-interval", "5"}, {}).mistakes.at(0) ==
        "--poll-interval is \"5\": add a unit, as in 5s; it takes a duration from 1s to 1h");
  CHECK(parse({"--stop-timeout", "-5s"}, {}).mistakes.at(0) ==
        "--stop-timeout is \"-5s\": negative; it takes a duration from 0 to 24h");
}

TEST_CASE("a flag without value is a mistake") {
  CHECK(parse({"--poll-interval"}, {}).mistakes.at(0) ==
        "--poll-interval lacks its value; it takes a duration from 1s to 1h");
  const ParseOutcome outcome = parse({"--poll-interval", "--log-level", "debug"}, {});
  CHECK(outcome.mistakes.size() == 1);
  CHECK(outcome.options.log_level == LogLevel::debug);
  CHECK(parse({"--poll-interval="}, {}).mistakes.at(0) ==
        "--poll-interval is \"\": empty; it takes a duration from 1s to 1h");
  CHECK(parse({"--url="}, {}).mistakes.size() == 1);
}

TEST_CASE("an unknown flag is a mistake with the nearest one and without its value") {
  const ParseOutcome outcome = parse({"--pol-interval", "secret", "--metric-port=secret"}, {});
  REQUIRE(outcome.mistakes.size() == 2);
  CHECK(outcome.mistakes[0] == "\"--pol-interval\" is no option of vf-agent; the nearest one is --poll-interval");
  CHECK(outcome.mistakes[1] == "\"--metric-port\" is no option of vf-agent; the nearest one is --metrics-port");
  CHECK(parse({"-x"}, {}).mistakes.size() == 1);
}

TEST_CASE("there is no flag for the token, and the message says why without showing it") {
  for (const Args& args : {Args{"--token", "vf_enroll_secret"}, Args{"--token=vf_enroll_secret"}}) {
    const ParseOutcome outcome = parse(args, {});
    REQUIRE(outcome.mistakes.size() == 1);
    CHECK_THAT(outcome.mistakes[0], Contains("in the list of processes") && Contains("VF_TOKEN or --token-file"));
    CHECK_THAT(outcome.mistakes[0], !Contains("secret"));
  }
}

TEST_CASE("a word that is no command is a mistake") {
  CHECK(parse({"start"}, {}).mistakes.at(0) == "\"start\" is no command of vf-agent; there are " + command_names());
  CHECK(parse({"run", "run"}, {}).mistakes.at(0) == "\"run\": nothing more is expected here");
  CHECK(parse({"start", "it"}, {}).mistakes.size() == 2);
  CHECK_THAT(parse({"vf_enroll_secret"}, {}).mistakes.at(0), !Contains("secret"));
}

TEST_CASE("all mistakes are told at once, each with its variable, its value and what would be right") {
  const ParseOutcome outcome = parse_bare({"--nonsense=1", "--log-level=loud"}, {{"VF_URL", "ftp://x"},
                                                                                 {"VF_TOKEN", "a b"},
                                                                                 {"VF_DATA_DIR", "data"},
                                                                                 {"VF_POLL_INTERVAL", "5"},
                                                                                 {"VF_STOP_TIMEOUT", "-1s"},
                                                                                 {"VF_METRICS_PORT", "x"},
                                                                                 {"VF_CLIENT_KEY", "/none"}});
  std::string all;
  for (const std::string& mistake : outcome.mistakes) all += mistake + "\n";
  CAPTURE(all);
  CHECK(outcome.mistakes.size() == 10);  // the client key cannot be read and has no certificate
  for (const char* part : {"--nonsense", "--log-level is \"loud\"", "VF_URL is \"ftp://x\"",
                           "VF_TOKEN: ", "VF_DATA_DIR is \"data\"", "VF_POLL_INTERVAL is \"5\"",
                           "VF_STOP_TIMEOUT is \"-1s\"", "VF_METRICS_PORT is \"x\"", "VF_CLIENT_KEY is \"/none\""}) {
    CHECK_THAT(all, Contains(part));
  }
}

TEST_CASE("white space around a value is dropped, and a variable that is empty then is not set") {
  CHECK(parse({}, {{"VF_POLL_INTERVAL", " 7s\n"}}).options.poll_interval == 7s);
  CHECK(parse({}, {{"VF_POLL_INTERVAL", ""}, {"VF_TOKEN", " "}, {"VF_CA_FILE", ""}}).options == parse({}, {}).options);
  CHECK(parse({}, {{"VF_POLL_INTERVAL", ""}}).mistakes.empty());
}

TEST_CASE("an unknown VF_ name is a warning with the nearest known one") {
  const ParseOutcome outcome = parse({}, {{"VF_POL_INTERVAL", "secret"}, {"VF_TOKEN_FLIE", "x"}});
  CHECK(outcome.mistakes.empty());
  REQUIRE(outcome.warnings.size() == 2);
  CHECK(outcome.warnings[0] ==
        "VF_POL_INTERVAL is no option of vf-agent and is ignored; the nearest one is "
        "VF_POLL_INTERVAL");
  CHECK_THAT(outcome.warnings[1], Contains("VF_TOKEN_FILE"));
}

TEST_CASE("names that belong to others are no unknown options") {
  CHECK(parse({}, {{"VF_SECRET_KAFKA_PASSWORD", "x"},
                   {"VF_TEST_AGENT", "x"},
                   {"VF_AGENT_USER", "x"},
                   {"PATH", "x"},
                   {"vf_url", "x"}})
            .warnings.empty());
}

TEST_CASE("what Kubernetes sets for a Service is no unknown option") {
  const ParseOutcome outcome = parse({}, {{"VF_AGENT_SERVICE_HOST", "10.0.0.1"},
                                          {"VF_AGENT_SERVICE_PORT", "9090"},
                                          {"VF_AGENT_SERVICE_PORT_METRICS", "9090"},
                                          {"VF_AGENT_PORT", "tcp://10.0.0.1:9090"},
                                          {"VF_AGENT_PORT_9090_TCP_ADDR", "10.0.0.1"},
                                          {"VF_AGENT_PORTAL", "x"},
                                          {"VF_METRIC_PORT", "1"}});
  REQUIRE(outcome.warnings.size() == 2);
  CHECK_THAT(outcome.warnings[0], Contains("VF_AGENT_PORTAL"));
  CHECK_THAT(outcome.warnings[1], Contains("VF_METRIC_PORT"));
}
