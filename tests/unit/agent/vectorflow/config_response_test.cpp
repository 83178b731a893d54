#include "agent/control/vectorflow/config_response.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "agent/control/vectorflow/checksum.h"

namespace vf::agent::vectorflow {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;

// A response with these entries of `pipelines`, and whatever else.
std::string response(const std::string& pipelines, const std::string& more = "") {
  return R"({"pollIntervalMs":15000,"secretBackend":"BUILTIN","pipelines":[)" + pipelines + "]" +
         (more.empty() ? "" : "," + more) + "}";
}

std::string entry(const std::string& fields) {
  return R"({"pipelineId":"p1","pipelineName":"edge","version":7,"configYaml":"sources: {}",)" + fields + "}";
}

ConfigResponse decoded(const std::string& body) {
  auto result = decode_config(body);
  INFO(body.substr(0, 500));
  if (!result) FAIL(result.error().message());
  return std::move(result).value();
}

// The reason why the only pipeline was refused; the others in the response must have been applied.
std::string refusal(const std::string& pipeline) {
  const ConfigResponse config = decoded(response(R"({"pipelineId":"before","configYaml":"a"},)" + pipeline +
                                                 R"(,{"pipelineId":"after","configYaml":"b"})"));
  REQUIRE(config.desired.pipelines.size() == 2);
  CHECK(config.desired.pipelines[0].id == "before");
  CHECK(config.desired.pipelines[1].id == "after");
  REQUIRE(config.refusals.size() == 1);
  CHECK(config.refusals[0].id == "p1");
  return config.refusals[0].reason;
}

std::string error_of(const std::string& body) {
  const auto result = decode_config(body);
  REQUIRE_FALSE(result);
  return result.error().message();
}

bool warns(const ConfigResponse& config, std::string_view text) {
  return std::any_of(config.warnings.begin(), config.warnings.end(),
                     [&](const std::string& warning) { return warning.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("a full config response is read") {
  const ConfigResponse config = decoded(R"({
    "pipelines": [{"pipelineId":"cm1","pipelineName":"edge logs","version":12,"configYaml":"sources:\n  a: \"ü\"\n",
                   "checksum":"opaque","logLevel":"debug","secrets":{"VF_SECRET_B":"b","VF_SECRET_A":"\"a\n"},
                   "certFiles":[{"name":"ca","filename":"ca.pem","data":"Zm9v"},{"filename":"..key","data":""}]},
                  {"pipelineId":"cm2","pipelineName":"two","version":0,"configYaml":"","checksum":""}],
    "pollIntervalMs": 20000, "pushUrl": "https://vf.example/api/agent/push", "secretBackend": "VAULT",
    "secretBackendConfig": {"deep":[{"er":null}]},
    "sampleRequests": [{"requestId":"r1","pipelineId":"cm1","componentKeys":["in","out"],"limit":5}],
    "pendingAction": {"type":"self_update","targetVersion":"0.2.0","downloadUrl":"https://x/y","checksum":"sha256:ab",
                      "signature":"c2ln","orchestration":{"wave":1}}})");

  REQUIRE(config.desired.pipelines.size() == 2);
  const supervisor::PipelineSpec& one = config.desired.pipelines[0];
  CHECK(one.id == "cm1");
  CHECK(one.name == "edge logs");
  CHECK(one.version == 12);
  CHECK(one.config_yaml == "sources:\n  a: \"ü\"\n");
  CHECK(one.checksum == "opaque");
  CHECK(one.log_level == "debug");
  CHECK(one.secrets == std::map<std::string, std::string>{{"VF_SECRET_A", "\"a\n"}, {"VF_SECRET_B", "b"}});
  CHECK(one.certs == std::vector<supervisor::CertFile>{{"ca.pem", "foo"}, {"..key", ""}});
  CHECK(config.desired.pipelines[1].id == "cm2");

  CHECK(config.poll_interval == 20s);
  CHECK(config.push_url == "https://vf.example/api/agent/push");
  REQUIRE(config.sample_requests.size() == 1);
  CHECK(config.sample_requests[0].request_id == "r1");
  CHECK(config.sample_requests[0].pipeline_id == "cm1");
  CHECK(config.sample_requests[0].component_keys == std::vector<std::string>{"in", "out"});
  CHECK(config.sample_requests[0].limit == 5);
  REQUIRE(config.pending_action);
  CHECK(config.pending_action->type == "self_update");
  CHECK(config.pending_action->target_version == "0.2.0");
  CHECK(config.pending_action->download_url == "https://x/y");
  CHECK(config.pending_action->checksum == "sha256:ab");
  CHECK(config.pending_action->signature == "c2ln");
  CHECK(config.refusals.empty());
  CHECK(config.unidentified == 0);
  CHECK(config.warnings.empty());
}

TEST_CASE("an empty list of pipelines is a legal wish") {
  const ConfigResponse config = decoded(R"({"pipelines":[],"pollIntervalMs":15000})");
  CHECK(config.desired.pipelines.empty());
  CHECK(config.push_url.empty());
  CHECK_FALSE(config.pending_action);
  CHECK(config.warnings.empty());
}

TEST_CASE("a response that does not say what must run is an error, never a wish to stop all") {
  CHECK(error_of("") == "cannot understand the server's config response: it is not JSON: Empty: no JSON found");
  for (const char* body :
       {"<html>", "{\"pipelines\":[]", "{\"pipelines\":[]} x", "\xFF", "{\"pipelines\":[\"\\ud8\"]}"})
    CHECK(error_of(body).find("it is not JSON") != std::string::npos);
  for (const char* body : {"[]", "null", "7", "\"x\""})
    CHECK(error_of(body).find("it is not a JSON object") != std::string::npos);
  CHECK(error_of("{}").find("`pipelines` is missing") != std::string::npos);
  CHECK(error_of(R"({"error":"x"})").find("`pipelines` is missing") != std::string::npos);
  for (const char* body :
       {R"({"pipelines":null})", R"({"pipelines":{}})", R"({"pipelines":"x"})", R"({"pipelines":0})"})
    CHECK(error_of(body).find("`pipelines` is not an array") != std::string::npos);
}

TEST_CASE("a pipeline needs no more than its id and its configuration") {
  const ConfigResponse config = decoded(response(
      R"({"pipelineId":"p1","configYaml":"x","pipelineName":null,"version":null,"checksum":null,"logLevel":null,)"
      R"("secrets":null,"certFiles":null,"unknown":{"a":[1]}})"));
  REQUIRE(config.desired.pipelines.size() == 1);
  supervisor::PipelineSpec bare;
  bare.id = bare.name = "p1";
  bare.config_yaml = "x";
  CHECK(config.desired.pipelines[0] == bare);
}

TEST_CASE("a broken field refuses its pipeline only, naming both") {
  CHECK(refusal(R"({"pipelineId":"p1","pipelineName":"edge"})") == "pipeline edge (p1): configYaml is missing");
  CHECK(refusal(R"({"pipelineId":"p1"})") == "pipeline p1: configYaml is missing");
  CHECK(refusal(R"({"pipelineId":"p1","configYaml":7})") == "pipeline p1: configYaml is not a string");
  CHECK(refusal(R"({"pipelineId":"p1","configYaml":"a\u0000b"})") == "pipeline p1: configYaml has a NUL character");
  CHECK(refusal(R"({"pipelineId":"p1","configYaml":"x","pipelineName":[]})") ==
        "pipeline p1: pipelineName is not a string");
  CHECK(refusal(R"({"pipelineId":"p1","configYaml":"x","version":"7"})") == "pipeline p1: version is not a number");
  CHECK(refusal(entry(R"("checksum":7)")) == "pipeline edge (p1): checksum is not a string");
  CHECK(refusal(entry(R"("logLevel":{})")) == "pipeline edge (p1): logLevel is not a string");
  CHECK(refusal(entry(R"("logLevel":"a\u0000")")) == "pipeline edge (p1): logLevel has a NUL character");
}

TEST_CASE("a secret that can be no environment variable refuses its pipeline, and its value is not shown") {
  CHECK(refusal(entry(R"("secrets":["x"])")) == "pipeline edge (p1): secrets is not an object");
  for (const char* name : {"", "1A", "A-B", "A B", "A=B", "Ä", "A.B"})
    CHECK(refusal(entry(R"("secrets":{"OK":"v",")"s + name + R"(":"hidden"})")) ==
          "pipeline edge (p1): secrets."s + name + " is not a valid environment variable name");
  CHECK(refusal(entry(R"("secrets":{"A\u0000":"hidden"})")) ==
        "pipeline edge (p1): secrets.A is not a valid environment variable name");
  CHECK(refusal(entry(R"("secrets":{"A":7})")) == "pipeline edge (p1): secrets.A is not a string");
  CHECK(refusal(entry(R"("secrets":{"A":"hid\u0000den"})")) ==
        "pipeline edge (p1): secrets.A has a NUL character, which no environment variable can hold");
  CHECK(refusal(entry(R"("secrets":{"A":")" + std::string(128 * 1024 - 2, 'x') + "\"}")) ==
        "pipeline edge (p1): secrets.A is longer than the 128 KiB an environment variable may have");
  CHECK(decoded(response(entry(R"("secrets":{"A":")" + std::string(128 * 1024 - 3, 'x') + "\"}"))).refusals.empty());
  CHECK(decoded(response(entry(R"("secrets":{"_a9":"","Z":"ü\n"})"))).refusals.empty());
}

TEST_CASE("a certificate that cannot be written as one file refuses its pipeline") {
  const auto cert = [](const std::string& fields) { return refusal(entry(R"("certFiles":[{)" + fields + "}]")); };
  CHECK(refusal(entry(R"("certFiles":{})")) == "pipeline edge (p1): certFiles is not an array");
  CHECK(refusal(entry(R"("certFiles":[7])")) == "pipeline edge (p1): certFiles[0] is not an object");
  CHECK(refusal(entry(R"("certFiles":[{"filename":"a","data":""},{"filename":"b"}])")) ==
        "pipeline edge (p1): certFiles[1].data is missing");
  CHECK(cert(R"("data":"Zm9v")") == "pipeline edge (p1): certFiles[0].filename is missing");
  CHECK(cert(R"("filename":7,"data":"Zm9v")") == "pipeline edge (p1): certFiles[0].filename is not a string");
  CHECK(cert(R"("filename":"","data":"Zm9v")") == "pipeline edge (p1): certFiles[0].filename is empty");
  CHECK(cert(R"("filename":"a\u0000","data":"Zm9v")") ==
        "pipeline edge (p1): certFiles[0].filename has a NUL character");
  for (const char* name : {".", "..", "/", "a/b", "../a", "/etc/passwd", "a/"})
    CHECK(cert(R"("filename":")"s + name + R"(","data":"Zm9v")") ==
          "pipeline edge (p1): certFiles[0].filename is not a plain file name: "s + name);
  CHECK(cert(R"("filename":"a\nb","data":"Zm9v")") ==
        "pipeline edge (p1): certFiles[0].filename is not a plain file name: a b");
  CHECK(cert(R"("filename":")" + std::string(251, 'x') + R"(","data":"Zm9v")") ==
        "pipeline edge (p1): certFiles[0].filename is longer than 250 bytes");
  for (const char* data : {"Zm9", "Zm9v\\n", "-----BEGIN", "Zm9v="})
    CHECK(cert(R"("filename":"a","data":")"s + data + "\"") == "pipeline edge (p1): certFiles[0].data is not base64");
  CHECK(refusal(entry(R"("certFiles":[{"filename":"a","data":"Zm9v"},{"filename":"a","data":"Zm8="}])")) ==
        "pipeline edge (p1): certFiles[1].filename is there twice with different data: a");
}

TEST_CASE("the same certificate given twice is written once") {
  const ConfigResponse config =
      decoded(response(entry(R"("certFiles":[{"filename":"a","data":"Zm9v"},{"filename":"a","data":"Zm9v"}])")));
  REQUIRE(config.desired.pipelines.size() == 1);
  CHECK(config.desired.pipelines[0].certs == std::vector<supervisor::CertFile>{{"a", "foo"}});
}

TEST_CASE("a refused pipeline is listed with what can be read of it, so that its last good version goes on") {
  const ConfigResponse config = decoded(response(
      R"({"pipelineId":"p1","configYaml":7,"version":9,"pipelineName":"edge"},{"pipelineId":"p2","version":"x"})"));
  CHECK(config.desired.pipelines.empty());
  CHECK(config.unidentified == 0);
  REQUIRE(config.refusals.size() == 2);
  CHECK(config.refusals[0].id == "p1");
  CHECK(config.refusals[0].name == "edge");
  CHECK(config.refusals[0].version == 9);
  CHECK(config.refusals[1].id == "p2");
  CHECK(config.refusals[1].name == "p2");
  CHECK(config.refusals[1].version == 0);
}

TEST_CASE("an entry whose id cannot be read is counted, since an absent pipeline may be that one") {
  for (const std::string& broken :
       {"{}"s, "7"s, "null"s, "[]"s, R"({"configYaml":"x"})"s, R"({"pipelineId":7,"configYaml":"x"})"s,
        R"({"pipelineId":"","configYaml":"x"})"s, R"({"pipelineId":"a\u0000","configYaml":"x"})"s,
        R"({"pipelineId":")" + std::string(256, 'x') + R"(","configYaml":"x"})"}) {
    const ConfigResponse config = decoded(response(R"({"pipelineId":"p1","configYaml":"x"},)" + broken));
    CHECK(config.unidentified == 1);
    CHECK(config.desired.pipelines.size() == 1);
    CHECK(config.refusals.empty());
    CHECK(warns(config, "pipelines[1] has no usable pipelineId"));
  }
}

TEST_CASE("of several entries with one id the first counts, whatever the others are") {
  const ConfigResponse config = decoded(
      response(R"({"pipelineId":"p","configYaml":"one"},{"pipelineId":"p","configYaml":"two"},{"pipelineId":"p"},)"
               R"({"pipelineId":"q"},{"pipelineId":"q","configYaml":"x"})"));
  REQUIRE(config.desired.pipelines.size() == 1);
  CHECK(config.desired.pipelines[0].config_yaml == "one");
  REQUIRE(config.refusals.size() == 1);
  CHECK(config.refusals[0].id == "q");
  CHECK(config.warnings.size() == 3);
  CHECK(warns(config, "pipeline p is there twice"));
  CHECK(warns(config, "pipeline q is there twice"));
}

TEST_CASE("a version is clamped to what a heartbeat may carry") {
  const auto version = [](const std::string& text) {
    return decoded(response(R"({"pipelineId":"p","configYaml":"x","version":)" + text + "}"))
        .desired.pipelines.at(0)
        .version;
  };
  CHECK(version("0") == 0);
  CHECK(version("-1") == 0);
  CHECK(version("2147483647") == 2147483647);
  CHECK(version("2147483648") == 2147483647);
  CHECK(version("18446744073709551615") == 2147483647);
  CHECK(version("-9223372036854775808") == 0);
  CHECK(version("1e300") == 2147483647);
  CHECK(version("3.9") == 3);
}

TEST_CASE("a name is made fit for a log line") {
  const ConfigResponse config =
      decoded(response(R"({"pipelineId":"p","configYaml":"x","pipelineName":"a\n\u001b[31mb"})"));
  CHECK(config.desired.pipelines.at(0).name == "a [31mb");
}

TEST_CASE("a checksum that is not that of the configuration is a warning and no more") {
  const auto with_checksum = [](const std::string& checksum, const std::string& secrets) {
    const ConfigResponse config = decoded(response(entry(R"("checksum":")" + checksum + R"(","secrets":)" + secrets)));
    REQUIRE(config.desired.pipelines.size() == 1);
    CHECK(config.desired.pipelines[0].checksum == checksum);
    return warns(config, "pipeline edge (p1): the checksum is not that");
  };
  CHECK_FALSE(with_checksum(expected_checksum("sources: {}", {}), "{}"));
  CHECK_FALSE(with_checksum(expected_checksum("sources: {}", {{"A", "1"}, {"B", "2"}}), R"({"B":"2","A":"1"})"));
  CHECK(with_checksum(expected_checksum("sources: {}", {{"A", "1"}}), R"({"A":"2"})"));
  CHECK(with_checksum(std::string(64, '0'), "{}"));
  CHECK_FALSE(with_checksum("", "{}"));
  CHECK_FALSE(with_checksum("md5:abc", "{}"));
}

TEST_CASE("two pipelines that want different certificates under one name are a warning") {
  const auto pair = [](const std::string& first, const std::string& second) {
    return decoded(response(R"({"pipelineId":"p","configYaml":"x","certFiles":[{"filename":"ca.pem","data":")" + first +
                            R"("}]},{"pipelineId":"q","configYaml":"x","certFiles":[{"filename":"ca.pem","data":")" +
                            second + R"("}]})"));
  };
  CHECK(pair("Zm9v", "Zm9v").warnings.empty());
  CHECK(warns(pair("Zm9v", "Zm8="), "pipeline q: certificate ca.pem differs from another pipeline's"));
}

TEST_CASE("the poll interval is kept between a second and an hour, and a broken one is ignored") {
  const auto interval = [](const std::string& text) {
    return decoded(R"({"pipelines":[],"pollIntervalMs":)" + text + "}").poll_interval;
  };
  CHECK(interval("15000") == 15s);
  CHECK(interval("1500.7") == 1500ms);
  CHECK(interval("1") == 1s);
  CHECK(interval("3600001") == 1h);
  CHECK(interval("1e300") == 1h);
  CHECK(interval("18446744073709551615") == 1h);
  for (const char* broken : {"0", "-5", "null", "\"15000\"", "[]"}) {
    CHECK_FALSE(interval(broken));
    CHECK(warns(decoded(R"({"pipelines":[],"pollIntervalMs":)"s + broken + "}"), "pollIntervalMs"));
  }
  CHECK_FALSE(decoded(R"({"pipelines":[]})").poll_interval);
  CHECK(warns(decoded(R"({"pipelines":[],"pollIntervalMs":5})"), "clamped"));
}

TEST_CASE("a push URL that could break a request is ignored") {
  const auto url = [](const std::string& text) { return decoded(response("", R"("pushUrl":)" + text)); };
  CHECK(url("null").push_url.empty());
  CHECK(url("null").warnings.empty());
  for (const char* broken : {"7", R"("http://a/\r\nX: y")", R"("http://a b")", R"("http://ä")", R"("a\u0000")"}) {
    CHECK(url(broken).push_url.empty());
    CHECK(warns(url(broken), "pushUrl is not a URL"));
  }
}

TEST_CASE("a broken sample request is ignored alone") {
  const auto requests = [](const std::string& list) { return decoded(response("", R"("sampleRequests":)" + list)); };
  const std::string good = R"({"requestId":"r","pipelineId":"p","componentKeys":[],"limit":1})";
  for (const char* broken : {"7", "{}", R"({"requestId":"r","pipelineId":7,"componentKeys":[],"limit":1})",
                             R"({"requestId":"r","pipelineId":"p","componentKeys":"x","limit":1})",
                             R"({"requestId":"r","pipelineId":"p","componentKeys":[7],"limit":1})",
                             R"({"requestId":"r","pipelineId":"p","componentKeys":["a"]})"}) {
    const ConfigResponse config = requests("["s + broken + "," + good + "]");
    CHECK(config.sample_requests.size() == 1);
    CHECK(warns(config, "sampleRequests[0] is ignored"));
  }
  CHECK(requests("null").warnings.empty());
  CHECK(warns(requests("{}"), "sampleRequests is not an array"));
  CHECK(requests(R"([{"requestId":"r","pipelineId":"p","componentKeys":[],"limit":0}])").sample_requests.at(0).limit ==
        1);
  CHECK(
      requests(R"([{"requestId":"r","pipelineId":"p","componentKeys":[],"limit":1e99}])").sample_requests.at(0).limit ==
      1000);
}

TEST_CASE("a pending action that is unknown or broken is ignored with a warning") {
  const auto action = [](const std::string& text) { return decoded(response("", R"("pendingAction":)" + text)); };
  CHECK(action("null").warnings.empty());
  for (const char* broken :
       {"7", "{}", R"({"type":"dance","targetVersion":"1","downloadUrl":"u","checksum":"c"})",
        R"({"type":"self_update","downloadUrl":"u","checksum":"c"})",
        R"({"type":"self_update","targetVersion":"1","checksum":"c"})",
        R"({"type":"self_update","targetVersion":"1","downloadUrl":"u"})",
        R"({"type":"self_update","targetVersion":"1","downloadUrl":"u","checksum":"c","signature":7})"}) {
    CHECK_FALSE(action(broken).pending_action);
    CHECK(warns(action(broken), "pendingAction is ignored"));
  }
  CHECK(warns(action(R"({"type":"dance"})"), "its type is unknown: dance"));
  const auto good =
      action(R"({"type":"self_update","targetVersion":"1","downloadUrl":"u","checksum":"c"})").pending_action;
  REQUIRE(good);
  CHECK(good->signature.empty());
}

TEST_CASE("an unpaired surrogate in one text costs no pipeline") {
  // The checksum is node's, of the string "a\ud800b".
  const ConfigResponse config = decoded(response(
      R"({"pipelineId":"p","configYaml":"a\ud800b","checksum":"05087813392efc16fe8ff448920c6328e53af865df39419436659d9ffda90f7b"},)"
      R"({"pipelineId":"q","configYaml":"\ud83d\ude00","secrets":{"A":"\udc00"},"checksum":")" +
      std::string(64, 'a') + "\"}"));
  REQUIRE(config.desired.pipelines.size() == 2);
  CHECK(config.desired.pipelines[0].config_yaml ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(config.desired.pipelines[1].config_yaml == "\xF0\x9F\x98\x80");
  CHECK(config.desired.pipelines[1].secrets.at("A") == "\xEF\xBF\xBD");
  CHECK(config.warnings == std::vector<std::string>{"the config response has unpaired surrogates, read as U+FFFD"});
}

}  // namespace vf::agent::vectorflow
