// What each option takes, refuses and says.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "tests/unit/agent/options/option_test.h"

using namespace std::chrono_literals;
using namespace vf::agent;
using namespace vf::agent::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string kCertificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const std::string kKey = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n";

Options options_of(const std::string& name, const std::string& value, std::map<std::string, std::string> files = {}) {
  const ParseOutcome outcome = parse({}, {{name, value}}, std::move(files));
  for (const std::string& mistake : outcome.mistakes) UNSCOPED_INFO(mistake);
  REQUIRE(outcome.mistakes.empty());
  return outcome.options;
}

}  // namespace

TEST_CASE("a duration lies within its option's range, both ends included") {
  CHECK(options_of("VF_POLL_INTERVAL", "1s").poll_interval == 1s);
  CHECK(options_of("VF_POLL_INTERVAL", "1h").poll_interval == 1h);
  CHECK(options_of("VF_POLL_INTERVAL", "1m30s").poll_interval == 90s);
  CHECK(options_of("VF_LOG_FLUSH_INTERVAL", "100ms").log_flush_interval == 100ms);
  CHECK(options_of("VF_LOG_FLUSH_INTERVAL", "1h").log_flush_interval == 1h);
  CHECK(options_of("VF_STOP_TIMEOUT", "0").stop_timeout == 0ms);
  CHECK(options_of("VF_STOP_TIMEOUT", "24h").stop_timeout == 24h);
  CHECK(options_of("VF_STOP_TIMEOUT", "1.5ms").stop_timeout == 1ms);

  CHECK(mistake_of("VF_POLL_INTERVAL", "999ms") ==
        "VF_POLL_INTERVAL is \"999ms\": too short; it takes a duration from 1s to 1h");
  CHECK(mistake_of("VF_POLL_INTERVAL", "1h1ms") ==
        "VF_POLL_INTERVAL is \"1h1ms\": too long; it takes a duration from 1s to 1h");
  CHECK(mistake_of("VF_LOG_FLUSH_INTERVAL", "99ms") ==
        "VF_LOG_FLUSH_INTERVAL is \"99ms\": too short; it takes a duration from 100ms to 1h");
  CHECK_THAT(mistake_of("VF_LOG_FLUSH_INTERVAL", "61m"), Contains("too long"));
  CHECK(mistake_of("VF_STOP_TIMEOUT", "-1s") ==
        "VF_STOP_TIMEOUT is \"-1s\": negative; it takes a duration from 0 to 24h");
  CHECK_THAT(mistake_of("VF_STOP_TIMEOUT", "25h"), Contains("too long"));
}

TEST_CASE("a duration without unit is told to add one") {
  CHECK(mistake_of("VF_POLL_INTERVAL", "5") ==
        "VF_POLL_INTERVAL is \"5\": add a unit, as in 5s; it takes a duration from 1s to 1h");
}

TEST_CASE("a port lies within its option's range") {
  CHECK(options_of("VF_METRICS_PORT", "0").metrics_port == 0);
  CHECK(options_of("VF_METRICS_PORT", "65535").metrics_port == 65535);
  CHECK(options_of("VF_PORT_BASE", "1").port_base == 1);
  CHECK(options_of("VF_PORT_BASE", "65534").port_base == 65534);

  CHECK(mistake_of("VF_METRICS_PORT", "65536") ==
        "VF_METRICS_PORT is \"65536\": out of range; it takes a port from 0 to 65535, 0 for no listener");
  CHECK(mistake_of("VF_PORT_BASE", "65535") ==
        "VF_PORT_BASE is \"65535\": out of range; it takes a port from 1 to 65534");
  CHECK_THAT(mistake_of("VF_PORT_BASE", "0"), Contains("out of range"));
  CHECK_THAT(mistake_of("VF_PORT_BASE", "99999999999999999999999"), Contains("out of range"));
  for (const char* text : {"http", "-1", "+1", "80 80", "0x50", "80."}) {
    CHECK_THAT(mistake_of("VF_METRICS_PORT", text), Contains("not a port number"));
  }
}

TEST_CASE("a port that Kubernetes set for a Service is explained") {
  CHECK_THAT(mistake_of("VF_METRICS_PORT", "tcp://10.0.0.1:9090"), Contains("enableServiceLinks: false"));
}

TEST_CASE("a choice is one of its words in any case") {
  CHECK(options_of("VF_LOG_LEVEL", "debug").log_level == LogLevel::debug);
  CHECK(options_of("VF_LOG_LEVEL", "info").log_level == LogLevel::info);
  CHECK(options_of("VF_LOG_LEVEL", "WARN").log_level == LogLevel::warn);
  CHECK(options_of("VF_LOG_LEVEL", "Error").log_level == LogLevel::error);
  CHECK(options_of("VF_LOG_FORMAT", "text").log_format == LogFormat::text);
  CHECK(options_of("VF_LOG_FORMAT", "json").log_format == LogFormat::json);
  CHECK(options_of("VF_SIDECAR", "lean").sidecar == SidecarMode::lean);
  CHECK(options_of("VF_SIDECAR", "full").sidecar == SidecarMode::full);

  CHECK(mistake_of("VF_LOG_LEVEL", "verbose") ==
        "VF_LOG_LEVEL is \"verbose\": not one of the words known here; it takes debug, info, warn or error");
  CHECK_THAT(mistake_of("VF_LOG_FORMAT", "yaml"), Contains("it takes text or json"));
  CHECK_THAT(mistake_of("VF_SIDECAR", "lea"), Contains("it takes lean or full"));
}

TEST_CASE("a boolean is what Go's ParseBool takes") {
  for (const char* text : {"1", "t", "T", "TRUE", "true", "True"}) CHECK(options_of("VF_ECHO_LOGS", text).echo_logs);
  for (const char* text : {"0", "f", "F", "FALSE", "false", "False"}) {
    CHECK_FALSE(options_of("VF_ECHO_LOGS", text).echo_logs);
  }
  for (const char* text : {"yes", "on", "tRUE", "2"}) {
    CHECK_THAT(mistake_of("VF_ECHO_LOGS", text), Contains("neither true nor false; it takes true or false"));
  }
}

TEST_CASE("a data folder is an absolute path of characters that YAML leaves alone") {
  CHECK(options_of("VF_DATA_DIR", "/srv/vf-agent").data_dir == "/srv/vf-agent");
  CHECK(options_of("VF_DATA_DIR", "//srv/./x//").data_dir == "/srv/x");
  CHECK(options_of("VF_DATA_DIR", "/srv/a.b_c@d+e-f/9").data_dir == "/srv/a.b_c@d+e-f/9");

  CHECK(mistake_of("VF_DATA_DIR", "data") ==
        "VF_DATA_DIR is \"data\": not an absolute path; it takes an absolute path of letters, digits and ._/@+-");
  for (const std::string bad : {" ", ":", "#", "\"", "'", "$", "{", "%", "\\", "\xc3", "\n", "*", "&", "!", "~"}) {
    CAPTURE(bad);
    CHECK_THAT(mistake_of("VF_DATA_DIR", "/srv/a" + bad + "b"), Contains("is not allowed in it"));
  }
  CHECK_THAT(mistake_of("VF_DATA_DIR", "/srv/../x"), Contains("holds '..'"));
  CHECK_THAT(mistake_of("VF_DATA_DIR", "/"), Contains("a folder of its own"));
}

TEST_CASE("a Vector is a name or a path, whether it exists or not") {
  CHECK(options_of("VF_VECTOR_BIN", "vector-0.54").vector_bin == "vector-0.54");
  CHECK(options_of("VF_VECTOR_BIN", "/opt/my vector/bin/vector").vector_bin == "/opt/my vector/bin/vector");
  CHECK_THAT(mistake_of("VF_VECTOR_BIN", "/opt/vector/"), Contains("names a folder"));
  CHECK_THAT(mistake_of("VF_VECTOR_BIN", "a\nb"), Contains("control character"));
}

TEST_CASE("where the page is served is an address with a port, and what lacks one is told apart") {
  const auto is = [](const std::string& text, const std::string& address, std::uint16_t port) {
    const Options options = options_of("VF_UI_ADDR", text);
    return options.ui_addr == address && options.ui_port == port;
  };
  CHECK(Options().ui_addr.empty());
  CHECK(is("127.0.0.1:8787", "127.0.0.1", 8787));
  CHECK(is("localhost:0", "127.0.0.1", 0));
  CHECK(is("[::1]:8787", "::1", 8787));
  CHECK(is("0.0.0.0:65535", "0.0.0.0", 65535));
  CHECK_THAT(mistake_of("VF_UI_ADDR", "8787"), Contains("write 127.0.0.1:8787"));
  CHECK_THAT(mistake_of("VF_UI_ADDR", "127.0.0.1"), Contains("without a port"));
  CHECK_THAT(mistake_of("VF_UI_ADDR", "::1"), Contains("without brackets"));
  CHECK_THAT(mistake_of("VF_UI_ADDR", "[::1]"), Contains("without a port"));
  CHECK_THAT(mistake_of("VF_UI_ADDR", ":8787"), Contains("without an address"));
  CHECK_THAT(mistake_of("VF_UI_ADDR", "http://127.0.0.1:8787"), Contains("a URL"));
  CHECK_THAT(mistake_of("VF_UI_ADDR", "node.example:8787"), Contains("a name"));
  for (const char* port : {"65536", "", "-1", "8787x"})
    CHECK_THAT(mistake_of("VF_UI_ADDR", std::string("127.0.0.1:") + port), Contains("no number"));
}

TEST_CASE("an address is an IP literal") {
  CHECK(options_of("VF_METRICS_ADDR", "127.0.0.1").metrics_addr == "127.0.0.1");
  CHECK(options_of("VF_METRICS_ADDR", "::1").metrics_addr == "::1");
  CHECK(options_of("VF_METRICS_ADDR", "[::1]").metrics_addr == "::1");
  CHECK_THAT(mistake_of("VF_METRICS_ADDR", "localhost"), Contains("write 127.0.0.1"));
  CHECK_THAT(mistake_of("VF_METRICS_ADDR", "127.0.0.1:9090"), Contains("belongs into VF_METRICS_PORT"));
  CHECK_THAT(mistake_of("VF_METRICS_ADDR", ":9090"), Contains("belongs into VF_METRICS_PORT"));
  CHECK(mistake_of("VF_METRICS_ADDR", "eth0") ==
        "VF_METRICS_ADDR is \"eth0\": not an IP address; it takes an IPv4 or IPv6 address");
  CHECK_THAT(mistake_of("VF_METRICS_ADDR", "1.2.3"), Contains("not an IP address"));
}

TEST_CASE("labels are key=value items") {
  using Labels = std::map<std::string, std::string>;
  CHECK(options_of("VF_NODE_LABELS", "region=us-east-1,tier=prod").node_labels ==
        Labels{{"region", "us-east-1"}, {"tier", "prod"}});
  CHECK(options_of("VF_NODE_LABELS", " a = b , c=d=e ,, f=,").node_labels ==
        Labels{{"a", "b"}, {"c", "d=e"}, {"f", ""}});

  CHECK(mistake_of("VF_NODE_LABELS", "prod") ==
        "VF_NODE_LABELS is \"prod\": \"prod\" has no '='; it takes key=value items with commas between them, each key "
        "once, keys and values of at most 100 characters");
  CHECK_THAT(mistake_of("VF_NODE_LABELS", "=x"), Contains("nothing before its '='"));
  CHECK_THAT(mistake_of("VF_NODE_LABELS", "a=1,b=2,a=1"), Contains("the label \"a\" occurs twice"));
  CHECK_THAT(mistake_of("VF_NODE_LABELS", "a=\x01"), Contains("the value of label \"a\" holds a control character"));
  CHECK_THAT(mistake_of("VF_NODE_LABELS", "a=\xff"), Contains("not UTF-8"));
}

TEST_CASE("every bad label is told") {
  const ParseOutcome outcome = parse({}, {{"VF_NODE_LABELS", "a,b,c=1"}});
  REQUIRE(outcome.mistakes.size() == 2);
  CHECK(outcome.options.node_labels.empty());
}

TEST_CASE("a label is at most as long as the server takes, counted as the server counts") {
  const auto repeated = [](const std::string& text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += text;
    return result;
  };
  CHECK(mistake_of("VF_NODE_LABELS", "a=" + repeated("x", 100)).empty());
  CHECK(mistake_of("VF_NODE_LABELS", "a=" + repeated("\u00e9", 100)).empty());
  CHECK(mistake_of("VF_NODE_LABELS", "a=" + repeated("\U0001f600", 50)).empty());
  CHECK_THAT(mistake_of("VF_NODE_LABELS", "a=" + repeated("x", 101)), Contains("longer than the 100 characters"));
  CHECK_THAT(mistake_of("VF_NODE_LABELS", "a=" + repeated("\u00e9", 101)), Contains("longer than the 100 characters"));
  CHECK_THAT(mistake_of("VF_NODE_LABELS", "a=" + repeated("\U0001f600", 51)), Contains("longer than"));
  CHECK_THAT(mistake_of("VF_NODE_LABELS", repeated("k", 101) + "=1"), Contains("the label \"kkk"));
}

TEST_CASE("what Vectors inherit can be a list of names and beginnings of names") {
  const Options options = options_of("VF_ENV_ALLOW", "PATH, AWS_*,_x1,");
  CHECK(options.env_allow == std::vector<std::string>{"PATH", "AWS_*", "_x1"});
  CHECK(options.env_allow_set);
  CHECK_FALSE(parse({}, {}).options.env_allow_set);

  CHECK_THAT(mistake_of("VF_ENV_ALLOW", "*"), Contains("would allow everything"));
  for (const char* text : {"A-B", "1A", "A*B", "A**", "A B", "A=B"}) {
    CHECK_THAT(mistake_of("VF_ENV_ALLOW", text), Contains("is not the name of a variable"));
  }
}

TEST_CASE("an empty list of what Vectors inherit is given as a flag") {
  const ParseOutcome outcome = parse({"--env-allow="}, {});
  CHECK(outcome.mistakes.empty());
  CHECK(outcome.options.env_allow_set);
  CHECK(outcome.options.env_allow.empty());
  CHECK_FALSE(parse({}, {{"VF_ENV_ALLOW", ""}}).options.env_allow_set);
}

TEST_CASE("allowing a VF_ variable to Vectors is a warning, as none ever gets there") {
  const ParseOutcome outcome = parse({}, {{"VF_ENV_ALLOW", "VF_TOKEN"}});
  REQUIRE(outcome.warnings.size() == 1);
  CHECK_THAT(outcome.warnings[0], Contains("no VF_ variable ever reaches a Vector"));
}

TEST_CASE("an update key is the base64 of 32 bytes") {
  const std::string key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
  CHECK(options_of("VF_UPDATE_PUBLIC_KEY", key).update_public_key == key);
  for (const std::string& bad :
       std::vector<std::string>{key.substr(0, 43), key + "=", std::string(44, 'A'), "-" + key.substr(1),
                                "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURp="}) {
    CHECK_THAT(mistake_of("VF_UPDATE_PUBLIC_KEY", bad), Contains("not the base64 of 32 bytes"));
  }
  CHECK_THAT(mistake_of("VF_UPDATE_PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----"), Contains("not the raw key"));
}

TEST_CASE("a PEM file exists and holds what its option is about") {
  const std::map<std::string, std::string> files{
      {"/ca.pem", "# ours\n" + kCertificate}, {"/key.pem", kKey}, {"/x", ""}};
  CHECK(options_of("VF_CA_FILE", "/ca.pem", files).ca_file == "/ca.pem");
  CHECK(mistake_of("VF_CA_FILE", "/no.pem", files) ==
        "VF_CA_FILE is \"/no.pem\": cannot read /no.pem: No such file or directory (errno 2); it takes the name of a "
        "readable PEM file with certificates");
  CHECK_THAT(mistake_of("VF_CA_FILE", "/key.pem", files), Contains("holds no \"-----BEGIN CERTIFICATE-----\""));
  CHECK_THAT(mistake_of("VF_CA_FILE", "/x", files), Contains("holds no"));
}

TEST_CASE("a client certificate and its key come together") {
  const std::map<std::string, std::string> files{{"/c", kCertificate}, {"/k", kKey}};
  const Options options = parse({}, {{"VF_CLIENT_CERT", "/c"}, {"VF_CLIENT_KEY", "/k"}}, files).options;
  CHECK(options.client_cert == "/c");
  CHECK(options.client_key == "/k");
  CHECK(mistake_of("VF_CLIENT_CERT", "/c", files) ==
        "VF_CLIENT_CERT is \"/c\" and VF_CLIENT_KEY is not set: set both or neither");
  CHECK(mistake_of("VF_CLIENT_KEY", "/k", files) ==
        "VF_CLIENT_KEY is \"/k\" and VF_CLIENT_CERT is not set: set both or neither");
  CHECK_THAT(parse({}, {{"VF_CLIENT_CERT", "/c"}, {"VF_CLIENT_KEY", "/c"}}, files).mistakes.at(0),
             StartsWith("VF_CLIENT_KEY is \"/c\": the file holds no \"-----BEGIN PRIVATE KEY-----\""));
}
