#include "supervisor/change_kind.h"

#include <catch2/catch.hpp>
#include <string>

using vf::supervisor::Change;
using vf::supervisor::change_between;
using vf::supervisor::PipelineSpec;
using Kind = vf::supervisor::Change::Kind;

namespace {

const std::string sources = "sources:\n  in: {type: demo_logs, format: json}\n";
const std::string sinks = "sinks:\n  out: {type: blackhole, inputs: [in]}\n";
const std::string other_sinks = "sinks:\n  out: {type: console, inputs: [in]}\n";

PipelineSpec spec(const std::string& yaml) {
  PipelineSpec made;
  made.id = "p";
  made.config_yaml = yaml;
  return made;
}

Change between(const std::string& runs, const std::string& wanted) {
  return change_between(spec(runs), spec(wanted));
}

}  // namespace

TEST_CASE("what runs as wanted needs nothing, whatever its name, version and checksum") {
  PipelineSpec runs = spec(sources + sinks);
  PipelineSpec wanted = runs;
  wanted.name = "another";
  wanted.version = 7;
  wanted.checksum = "ff";
  CHECK(change_between(runs, wanted).kind == Kind::none);
  CHECK(change_between(runs, wanted).why.empty());
}

TEST_CASE("another YAML alone is a reload") {
  CHECK(between(sources + sinks, sources + other_sinks).kind == Kind::reload);
  CHECK(between(sources + sinks, sources + sinks + "# a comment\n").kind == Kind::reload);
  const std::string rest = "data_dir: /d\ntimezone: local\nlog_schema: {host_key: h}\n";
  CHECK(between(sources + sinks + rest, rest + sources + other_sinks).kind == Kind::reload);
  CHECK_FALSE(between(sources + sinks, sources + other_sinks).why.empty());
}

TEST_CASE("every section that Vector reads anew with a reload is a reload, added, changed or removed") {
  for (const std::string section :
       {"sources", "transforms", "sinks", "enrichment_tables", "tests", "healthchecks", "secret"}) {
    INFO(section);
    const std::string one = section + ": {a: {type: x}}\n", two = section + ": {a: {type: y}}\n";
    CHECK(between("data_dir: /d\n" + one, "data_dir: /d\n" + two).kind == Kind::reload);
    CHECK(between("data_dir: /d\n" + one, "data_dir: /d\n").kind == Kind::reload);
    CHECK(between("data_dir: /d\n", "data_dir: /d\n" + two).kind == Kind::reload);
  }
}

TEST_CASE("a changed global option is a restart that names it, added, changed or removed") {
  for (const std::string option : {"data_dir", "wildcard_matching", "log_schema", "telemetry", "timezone", "proxy",
                                   "acknowledgements", "expire_metrics", "expire_metrics_secs",
                                   "expire_metrics_per_metric_set", "buffer_utilization_ewma_half_life_seconds",
                                   "latency_ewma_alpha", "metrics_storage_refresh_period", "schema"}) {
    INFO(option);
    const Change changed = between(sources + option + ": 1\n", sources + option + ": 2\n");
    CHECK(changed.kind == Kind::restart);
    CHECK(changed.why == "the global option " + option + " changed");
    const Change added = between(sources, sources + option + ": 2\n");
    CHECK(added.kind == Kind::restart);
    CHECK(added.why == "the global option " + option + " was added");
    const Change removed = between(sources + option + ": 1\n", sources);
    CHECK(removed.kind == Kind::restart);
    CHECK(removed.why == "the global option " + option + " was removed");
  }
}

TEST_CASE("a top-level key that is not known is a restart: it may be a global option of a later Vector") {
  CHECK(between(sources + "new_option: 1\n", sources + "new_option: 2\n").kind == Kind::restart);
  CHECK(between(sources, sources + "provider: {type: http}\n").kind == Kind::restart);
}

TEST_CASE("a global option that only looks different is the same") {
  CHECK(between("data_dir: /d\n" + sources, "data_dir: \"/d\"  # there\n" + sinks).kind == Kind::reload);
  CHECK(between("log_schema: {host_key: h, message_key: m}\n", "log_schema:\n  message_key: m\n  host_key: h\n").kind ==
        Kind::reload);
  CHECK(between("proxy: {no_proxy: [a, b]}\n", "proxy:\n  no_proxy:\n  - a\n  - b\n").kind == Kind::reload);
  CHECK(between("proxy: {no_proxy: [a, b]}\n", "proxy: {no_proxy: [b, a]}\n").kind == Kind::restart);
  CHECK(between("timezone: ~\n", "timezone:\n").kind == Kind::reload);
  CHECK(between(R"({"data_dir": "/d", "sources": {}})", "data_dir: /d\nsources: {a: {}}\n").kind == Kind::reload);
}

TEST_CASE("the pipeline's own api section does not count: the agent takes it out") {
  const std::string api = "api: {enabled: true, address: \"127.0.0.1:8686\"}\n";
  const std::string other = "api:\n  enabled: false\n";
  CHECK(between(sources + api + sinks, sources + other + sinks).kind == Kind::none);
  CHECK(between(sources + sinks, sources + api + sinks).kind == Kind::none);
  CHECK(between(sources + api + sinks, sources + sinks).kind == Kind::none);
  CHECK(between(sources + api + sinks, sources + other_sinks).kind == Kind::reload);
}

TEST_CASE("an api section that cannot be taken out counts, and a reload would not apply it") {
  const std::string anchored = "api: &a {enabled: true}\nsources: *a\n";
  const std::string other = "api: &a {enabled: false}\nsources: *a\n";
  const Change change = between(anchored, other);
  CHECK(change.kind == Kind::restart);
  CHECK(change.why == "its api section changed");
}

TEST_CASE("another secret, log level or certificate is a restart that names it and tells no value") {
  PipelineSpec runs = spec(sources);
  runs.secrets = {{"DB_PASSWORD", "hunter22"}, {"OLD", "old-value"}, {"SAME", "s"}};
  runs.log_level = "info";
  runs.certs = {{"ca.crt", "first"}, {"gone.key", "key"}, {"same.crt", "same"}};
  PipelineSpec wanted = runs;
  wanted.secrets = {{"DB_PASSWORD", "hunter23"}, {"NEW", "new-value"}, {"SAME", "s"}};
  Change change = change_between(runs, wanted);
  CHECK(change.kind == Kind::restart);
  CHECK(change.why == "the secret DB_PASSWORD changed, the secret OLD was removed, the secret NEW was added");

  wanted = runs;
  wanted.log_level = "debug";
  change = change_between(runs, wanted);
  CHECK(change.kind == Kind::restart);
  CHECK(change.why == "the log level changed");

  wanted = runs;
  wanted.certs = {{"same.crt", "same"}, {"new.crt", "new"}, {"ca.crt", "second"}};
  change = change_between(runs, wanted);
  CHECK(change.kind == Kind::restart);
  CHECK(change.why ==
        "the certificate ca.crt changed, the certificate gone.key was removed, the certificate new.crt was added");

  wanted = runs;
  wanted.certs = {runs.certs[2], runs.certs[0], runs.certs[1]};
  CHECK(change_between(runs, wanted).kind == Kind::none);
}

TEST_CASE("a restart says all that asks for it, up to a handful") {
  PipelineSpec runs = spec("data_dir: /a\n" + sources), wanted = spec("data_dir: /b\n" + sources + sinks);
  wanted.log_level = "debug";
  CHECK(change_between(runs, wanted).why == "the log level changed, the global option data_dir changed");
  for (const char* name : {"A", "B", "C", "D", "E"}) wanted.secrets[name] = "value";
  CHECK(change_between(runs, wanted).why ==
        "the secret A was added, the secret B was added, the secret C was added, the secret D was added, "
        "the secret E was added and 2 more");
}

TEST_CASE("a YAML that cannot be read is a reload, for Vector to judge") {
  for (const std::string broken : {"sources: [a, b\n", "a: 1\n---\nb: 2\n", "- a\n- b\n", "just words", "\tx: 1"}) {
    INFO(broken);
    CHECK(between("data_dir: /d\n" + sources, broken).kind == Kind::reload);
    CHECK(between(broken, broken + " ").kind == Kind::reload);
  }
}

TEST_CASE("where what runs could not be read, what changed is not known and a restart is right") {
  CHECK(between("sources: [a, b\n", sources + sinks).kind == Kind::restart);
  CHECK_FALSE(between("sources: [a, b\n", sources + sinks).why.empty());
}

TEST_CASE("another reference is another value, though both are of one length") {
  CHECK(between("data_dir: ${DIR_A}\n" + sources, "data_dir: ${DIR_B}\n" + sources).kind == Kind::restart);
  CHECK(between("data_dir: ${DIR_A}\n" + sources, "data_dir: ${DIR_A}\n" + sinks).kind == Kind::reload);
  CHECK(between("data_dir: $DIR_A\n" + sources, "data_dir: $DIR_B\n" + sources).kind == Kind::restart);
  CHECK(between("expire_metrics_secs: ${A:-1}\n", "expire_metrics_secs: ${A:-2}\n").kind == Kind::restart);
  CHECK(between("data_dir: /d\nsources: {in: {port: ${A}}}\n", "data_dir: /d\nsources: {in: {port: ${B}}}\n").kind ==
        Kind::reload);
  CHECK(between("data_dir: ${open\n", "data_dir: ${open2\n").kind == Kind::restart);
}

TEST_CASE("global options that come by a merge key or an alias are seen") {
  const std::string a = "sources: &s {data_dir: /a}\n<<: *s\n", b = "sources: &s {data_dir: /b}\n<<: *s\n";
  CHECK(between(a, b).why == "the global option data_dir changed");
  CHECK(between(a, "sources: {data_dir: /a}\ndata_dir: /a\n").kind == Kind::reload);
  CHECK(between("sources: {a: &t local}\ntimezone: *t\n", "sources: {a: &t UTC}\ntimezone: *t\n").why ==
        "the global option timezone changed");
  const std::string own_wins = "sources: &s {data_dir: /a}\n<<: [*s]\ndata_dir: /b\n";
  CHECK(between(own_wins, "data_dir: /b\n").kind == Kind::reload);
}

TEST_CASE("a YAML that unfolds without end is compared without hanging") {
  std::string laughs = "proxy: &a0 [x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "telemetry" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + "]\n";
  }
  CHECK(between(laughs, laughs + "# c\n").kind == Kind::restart);
  const std::string circle = "proxy: &a [*a]\n";
  const Kind kind = between(circle, circle + "# c\n").kind;
  CHECK((kind == Kind::restart || kind == Kind::reload));
}
