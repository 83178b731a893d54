#include "supervisor/reload_verdict.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "supervisor/tidy_words.h"

using vf::supervisor::Loaded;
using vf::supervisor::Refused;
using vf::supervisor::ReloadVerdict;
using Because = vf::supervisor::Refused::Because;

namespace {

/// What a real Vector printed to stderr between a SIGHUP and the end of the reload.
std::string recorded(const std::string& name) {
  std::ifstream file(VF_SOURCE_DIR "/tests/unit/supervisor/fixtures/reload/" + name + ".log");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(text.size() > 100);
  return text;
}

ReloadVerdict begun(const std::map<std::string, std::string>& secrets = {}) {
  ReloadVerdict verdict(secrets);
  verdict.begin();
  return verdict;
}

void feed(ReloadVerdict& verdict, const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) verdict.on_line(line);  // empty lines never get through the splitter
}

bool loaded(const ReloadVerdict& verdict) {
  return verdict.verdict() && std::holds_alternative<Loaded>(*verdict.verdict());
}

Refused refused(const ReloadVerdict& verdict) {
  REQUIRE(verdict.verdict());
  REQUIRE(std::holds_alternative<Refused>(*verdict.verdict()));
  return std::get<Refused>(*verdict.verdict());
}

const std::vector<std::string> versions = {"0.54", "0.57"};

const std::string good =
    "2026-11-21T09:07:39.336638Z  INFO vector: Vector has reloaded. path=[File(\"a.yaml\", None)] "
    "internal_log_rate_limit=false";
const std::string bad =
    "2026-11-21T09:07:42.377078Z ERROR vector::internal_events::process: Failed to load config files, reload aborted. "
    "error_code=\"config_load\" error_type=\"configuration_failed\" stage=\"processing\" internal_log_rate_limit=false";

std::string error(const std::string& words) {
  return "2026-11-21T09:07:42.377064Z ERROR vector::cli: Configuration error. error=" + words +
         " internal_log_rate_limit=false";
}

}  // namespace

TEST_CASE("a reload is loaded when Vector says so, and not a line before") {
  for (const std::string& version : versions) {
    for (const char* name : {"ok", "recovered", "port-held-by-another-program"}) {
      INFO(version << " " << name);
      ReloadVerdict verdict = begun();
      std::istringstream lines(recorded(version + "." + name));
      for (std::string line; std::getline(lines, line) && line.find("Vector has reloaded.") == std::string::npos;) {
        verdict.on_line(line);
        CHECK_FALSE(verdict.verdict());
      }
      feed(verdict, recorded(version + "." + name));
      CHECK(loaded(verdict));
    }
  }
}

TEST_CASE("a refused reload has Vector's own words for reason, without what surrounds them") {
  for (const std::string& version : versions) {
    INFO(version);
    ReloadVerdict yaml = begun();
    feed(yaml, recorded(version + ".bad-yaml"));
    CHECK(refused(yaml).because == Because::configuration);
    CHECK(refused(yaml).reason ==
          "did not find expected ',' or ']' at line 2 column 1, while parsing a flow sequence at line 1 column 6");

    ReloadVerdict type = begun();
    feed(type, recorded(version + ".unknown-type"));
    CHECK(refused(type).because == Because::configuration);
    CHECK(refused(type).reason ==
          "unknown variant `nosuch`, expected one of `filter`, `remap`, `route`\nin `transforms.parse`");

    ReloadVerdict port = begun();
    feed(port, recorded(version + ".port-taken"));
    CHECK(refused(port).reason.starts_with("Resource `tcp 127.0.0.1:9688` is claimed by multiple components: {"));
    CHECK(refused(port).reason.ends_with("}"));

    ReloadVerdict vrl = begun();
    feed(vrl, recorded(version + ".bad-vrl"));
    CHECK(refused(vrl).because == Because::configuration);
    CHECK(refused(vrl).reason.starts_with(
        "Transform \"parse\":\nerror[E103]: unhandled fallible assignment\n  ┌─ :1:5\n"));
    CHECK(refused(vrl).reason.ends_with("try your code in the VRL REPL, learn more at https://vrl.dev/examples"));
    CHECK(vf::supervisor::first_line(refused(vrl).reason) ==
          "Transform \"parse\": error[E103]: unhandled fallible assignment");
  }
}

TEST_CASE("a changed global option is told apart: a restart would do") {
  for (const std::string& version : versions) {
    INFO(version);
    ReloadVerdict verdict = begun();
    feed(verdict, recorded(version + ".global-changed"));
    CHECK(refused(verdict).because == Because::global_options);
    CHECK(refused(verdict).reason ==
          "Config reload rejected due to non-reloadable global options. changed_fields=data_dir");
  }
}

TEST_CASE("logs in JSON decide as the others do") {
  // As both versions print it.
  ReloadVerdict good_one = begun();
  feed(
      good_one,
      R"({"timestamp":"2026-11-21T14:59:05.033219Z","level":"INFO","message":"Reloading running topology with new configuration.","target":"vector::topology::running"}
{"timestamp":"2026-11-21T14:59:05.033933Z","level":"INFO","message":"Vector has reloaded.","path":"[File(\"run.yaml\", Some(Yaml))]","internal_log_rate_limit":false,"target":"vector"})");
  CHECK(loaded(good_one));

  ReloadVerdict type = begun();
  feed(
      type,
      R"({"timestamp":"2026-11-21T14:59:05.633890Z","level":"ERROR","message":"Configuration error.","error":"unknown variant `nosuch`, expected one of `blackhole`, `console`\nin `sinks.out`\n","internal_log_rate_limit":false,"target":"vector::cli"}
{"timestamp":"2026-11-21T14:59:05.633910Z","level":"ERROR","message":"Failed to load config files, reload aborted.","error_code":"config_load","error_type":"configuration_failed","stage":"processing","internal_log_rate_limit":false,"target":"vector::internal_events::process"})");
  CHECK(refused(type).because == Because::configuration);
  CHECK(refused(type).reason == "unknown variant `nosuch`, expected one of `blackhole`, `console`\nin `sinks.out`");

  ReloadVerdict global = begun();
  feed(
      global,
      R"({"timestamp":"2026-11-21T14:59:06.234951Z","level":"ERROR","message":"Config reload rejected due to non-reloadable global options.","changed_fields":"data_dir","internal_log_rate_limit":false,"target":"vector::topology::controller"}
{"timestamp":"2026-11-21T14:59:06.234960Z","level":"ERROR","message":"Reload was not successful.","reason":"global_options_changed","error_code":"reload","error_type":"configuration_failed","stage":"processing","internal_log_rate_limit":false,"target":"vector::internal_events::process"})");
  CHECK(refused(global).because == Because::global_options);
  CHECK(refused(global).reason ==
        "Config reload rejected due to non-reloadable global options. changed_fields=data_dir");

  ReloadVerdict vrl = begun();
  feed(
      vrl,
      R"({"timestamp":"2026-11-21T14:59:06.838343Z","level":"ERROR","message":"Configuration error.","error":"Transform \"t\": \nerror[E103]: unhandled fallible assignment\n  ┌─ :1:6\n","internal_log_rate_limit":false,"target":"vector::topology::builder"}
a line of a console sink
{"timestamp":"2026-11-21T14:59:06.842156Z","level":"ERROR","message":"Reload was not successful.","reason":"topology_build_failed","error_code":"reload","error_type":"configuration_failed","stage":"processing","internal_log_rate_limit":false,"target":"vector::internal_events::process"})");
  CHECK(refused(vrl).reason == "Transform \"t\":\nerror[E103]: unhandled fallible assignment\n  ┌─ :1:6");
}

TEST_CASE("where the old configuration could not be restored the process ends, and that is told apart") {
  ReloadVerdict verdict = begun();
  feed(verdict, error("first") + "\n" +
                    "2026-11-21T09:07:48.418214Z  WARN vector::topology::running: Failed to completely load new "
                    "configuration. Restoring old configuration.\n" +
                    error("second"));
  CHECK_FALSE(verdict.verdict());
  feed(verdict,
       "2026-11-21T09:07:48.418214Z ERROR vector::topology::running: Failed to restore old configuration. "
       "internal_log_rate_limit=false\n"
       "2026-11-21T09:07:48.419387Z ERROR vector::internal_events::process: Reload was not successful. "
       "reason=\"restore_failed\" error_code=\"reload\" error_type=\"configuration_failed\" stage=\"processing\" "
       "internal_log_rate_limit=false\n");
  CHECK(refused(verdict).because == Because::not_restored);
  CHECK(refused(verdict).reason == "first\nsecond\nFailed to restore old configuration.");
}

TEST_CASE("a configuration file that is not there ends the process") {
  ReloadVerdict verdict = begun();
  feed(verdict,
       "2026-11-21T09:07:48.418214Z ERROR vector::config::loading: Config file not found in path. path=\"a.yaml\" "
       "internal_log_rate_limit=false\n");
  CHECK(refused(verdict).because == Because::not_restored);
  CHECK(refused(verdict).reason == "Config file not found in path. path=\"a.yaml\"");
}

TEST_CASE("an end without a word of why is its own reason") {
  ReloadVerdict verdict = begun();
  feed(verdict, bad);
  CHECK(refused(verdict).reason == "Failed to load config files, reload aborted.");
  verdict.begin();
  feed(verdict,
       "2026-11-21T09:07:48.419387Z ERROR vector::internal_events::process: Reload was not successful. "
       "reason=\"topology_build_failed\" error_code=\"reload\" internal_log_rate_limit=false");
  CHECK(refused(verdict).reason == "Reload was not successful. reason=\"topology_build_failed\"");
}

TEST_CASE("the words count in their place only") {
  const std::string at = "2026-11-21T09:07:39.336638Z  INFO ";
  for (const std::string& line : {
           std::string("Vector has reloaded."),
           "  " + good,
           "say: " + good,
           at + "vector: Internal log [Vector has reloaded.] has been suppressed 1 times.",
           at + "vector::x: error=Vector has reloaded.",
           at + "vector::topology: Vector has reloaded.",
           at + "sink{component_id=vector: Vector has reloaded.}: vector: Vector has reloaded.",
           at + "sink{component_id=out}: vector: Vector has reloaded.",
           at + "other: Vector has reloaded.",
           at + "vector::x: Reload was not quite successful.",
           at + "hyper::x: Reload was not successful.",
           std::string(R"({"message":"Vector has reloaded.","host":"h"})"),
           std::string(R"({"timestamp":"t","level":"INFO","message":"say Vector has reloaded.","target":"vector"})"),
           std::string(R"({"timestamp":"t","level":"INFO","message":"Vector has reloaded.","target":"app"})"),
       }) {
    INFO(line);
    ReloadVerdict verdict = begun();
    verdict.on_line(line);
    CHECK_FALSE(verdict.verdict());
  }
}

TEST_CASE("errors that components have with their data are no reason") {
  ReloadVerdict verdict = begun();
  feed(verdict,
       "2026-11-21T09:07:41Z ERROR sink{component_id=out}: vector::sinks::util::retries: Not retriable. error=x\n"
       "2026-11-21T09:07:41Z ERROR vector::internal_events::parser: Failed parsing. error=y\n"
       "2026-11-21T09:07:41Z ERROR librdkafka: broker down\n"
       "2026-11-21T09:07:41Z ERROR vector_common::shutdown: Source 'in' failed to shutdown before deadline.\n"
       "2026-11-21T09:07:41Z  WARN vector::config: DEPRECATED\n" +
           error("the reason") + "\n" +
           "2026-11-21T09:07:41Z ERROR sink{component_id=out}: vector::sinks::util::retries: Not retriable. error=z\n" +
           bad);
  CHECK(refused(verdict).reason == "the reason");
}

TEST_CASE("what other lines stand between the errors does not end up in them") {
  ReloadVerdict verdict = begun();
  feed(verdict, error("one\ntwo") + "\na line of a console sink\n" + error("three\n") + "\nanother\n" + bad);
  CHECK(refused(verdict).reason == "one\ntwo\nthree");
}

TEST_CASE("a reason is bounded, safe and without secrets") {
  ReloadVerdict verdict = begun({{"PASSWORD", "hunter22"}, {"KEY", "-----BEGIN-----\nMIIEvQIBADAN\n"}});
  std::string words = "invalid value: string \"hunter22\"\nMIIEvQIBADAN\n";
  for (int i = 0; i < 20000; ++i) words += "line " + std::to_string(i) + " hunter22\n";
  feed(verdict, error(words) + "\n" + bad);
  const std::string reason = refused(verdict).reason;
  CHECK(reason.starts_with("invalid value: string \"***\"\n***\nline 0 ***\n"));
  CHECK(reason.size() <= vf::supervisor::max_reason_bytes);
  CHECK(reason.ends_with("…"));
  CHECK(reason.find("hunter") == std::string::npos);
}

TEST_CASE("a secret that is a word of Vector's own does not hide the end") {
  ReloadVerdict verdict = begun({{"A", "reloaded"}, {"B", "Vector"}});
  verdict.on_line(good);
  CHECK(loaded(verdict));
}

TEST_CASE("a verdict stays until the next reload begins, and lines count in between only") {
  ReloadVerdict verdict({});
  verdict.on_line(good);
  CHECK_FALSE(verdict.verdict());
  verdict.begin();
  verdict.on_line(good);
  verdict.on_line(bad);
  CHECK(loaded(verdict));
  verdict.begin();
  CHECK_FALSE(verdict.verdict());
  CHECK(verdict.words().empty());
  feed(verdict, error("b") + "\n" + bad);
  CHECK(refused(verdict).reason == "b");
}

TEST_CASE("what was said so far is told before there is a verdict") {
  ReloadVerdict verdict = begun({{"A", "hunter22"}});
  CHECK(verdict.words().empty());
  verdict.on_line(
      "2026-11-21T09:07:42Z ERROR vector::topology::builder: Configuration error. error=Sink \"a\": hunter22");
  verdict.on_line("more of it");
  CHECK(verdict.words() == "Sink \"a\": ***\nmore of it");
  CHECK_FALSE(verdict.verdict());
}

TEST_CASE("where the log level hides the good end, a counter that grew is one") {
  ReloadVerdict verdict({});
  verdict.on_counters({.reloads = 3, .refusals = 2});
  verdict.begin();
  verdict.on_counters({.reloads = 3, .refusals = 2});
  CHECK_FALSE(verdict.verdict());
  verdict.on_counters({.reloads = 4, .refusals = 2});
  CHECK(loaded(verdict));
}

TEST_CASE("where the log level hides everything, the other counter is a refusal") {
  ReloadVerdict verdict({});
  verdict.begin();
  verdict.on_counters({.reloads = 0, .refusals = 1});
  CHECK(refused(verdict).because == Because::configuration);
  CHECK_FALSE(refused(verdict).reason.empty());
  verdict.begin();
  verdict.on_line(error("known"));
  verdict.on_counters({.reloads = 0, .refusals = 2});
  CHECK(refused(verdict).reason == "known");
}

TEST_CASE("a counter that shows an earlier reload late is not taken for this one") {
  ReloadVerdict verdict({});
  verdict.on_counters({});
  verdict.begin();
  feed(verdict, error("a") + "\n" + bad);  // refused; the exporter does not show it yet
  verdict.on_counters({});
  verdict.begin();
  verdict.on_counters({.reloads = 0, .refusals = 1});
  CHECK_FALSE(verdict.verdict());
  verdict.on_counters({.reloads = 1, .refusals = 1});
  CHECK(loaded(verdict));
  // And once more, with a good one that was read in the log.
  verdict.begin();
  verdict.on_line(good);
  verdict.begin();
  verdict.on_counters({.reloads = 2, .refusals = 1});
  CHECK_FALSE(verdict.verdict());
  verdict.on_counters({.reloads = 2, .refusals = 2});
  CHECK(verdict.verdict());
}

TEST_CASE("a counter that Vector forgot counts from nothing again") {
  ReloadVerdict verdict({});
  verdict.on_counters({.reloads = 5, .refusals = 5});
  verdict.begin();
  verdict.on_counters({.reloads = 0, .refusals = 5});
  CHECK_FALSE(verdict.verdict());
  verdict.on_counters({.reloads = 1, .refusals = 0});
  CHECK(loaded(verdict));
  verdict.on_counters({.reloads = 5, .refusals = 0});
  verdict.begin();
  verdict.on_counters({.reloads = 1, .refusals = 0});  // forgotten and counted between two readings
  CHECK(loaded(verdict));
}

TEST_CASE("where both counters grew, nothing is known and nothing decided") {
  ReloadVerdict verdict({});
  verdict.begin();
  verdict.on_counters({.reloads = 1, .refusals = 1});
  CHECK_FALSE(verdict.verdict());
}

TEST_CASE("what a process counted before it was watched decides nothing") {
  ReloadVerdict verdict({});
  verdict.on_counters({.reloads = 9, .refusals = 9});
  CHECK_FALSE(verdict.verdict());
  verdict.begin();
  verdict.on_counters({.reloads = 9, .refusals = 9});
  CHECK_FALSE(verdict.verdict());
}
