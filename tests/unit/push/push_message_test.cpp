#include "push/push_message.h"

#include <catch2/catch.hpp>

namespace vf::push {
namespace {

template <typename T>
T decoded(std::string_view json) {
  const PushMessage message = decode_push_message(json);
  if (const auto* malformed = std::get_if<Malformed>(&message)) INFO(malformed->reason);
  REQUIRE(std::holds_alternative<T>(message));
  return std::get<T>(message);
}

std::string malformed(std::string_view json) {
  return decoded<Malformed>(json).reason;
}

}  // namespace

TEST_CASE("config_changed is decoded, with and without its optional fields") {
  CHECK(decoded<ConfigChanged>(R"({"type":"config_changed","pipelineId":"p1","reason":"deploy"})") ==
        ConfigChanged{"p1", "deploy"});
  CHECK(decoded<ConfigChanged>(R"({"type":"config_changed"})") == ConfigChanged{});
  CHECK(decoded<ConfigChanged>(R"({"type":"config_changed","pipelineId":null,"reason":7})") == ConfigChanged{});
}

TEST_CASE("sample_request is decoded") {
  const auto request = decoded<SampleRequest>(
      R"({"type":"sample_request","requestId":"r","pipelineId":"p","componentKeys":["a","b"],"limit":5,"new":{}})");
  CHECK(request == SampleRequest{"r", "p", {"a", "b"}, 0, 5});
}

TEST_CASE("component keys beyond the sixteenth are dropped and counted") {
  std::string keys;
  for (int i = 0; i < 20; ++i) keys += (i ? ",\"k" : "\"k") + std::to_string(i) + "\"";
  const auto request = decoded<SampleRequest>(
      R"({"type":"sample_request","requestId":"r","pipelineId":"p","limit":1,"componentKeys":[)" + keys + "]}");
  CHECK(request.component_keys.size() == 16);
  CHECK(request.component_keys.back() == "k15");
  CHECK(request.keys_dropped == 4);
}

TEST_CASE("a sample limit is clamped to 1..1000") {
  const auto limit = [](const std::string& text) {
    return decoded<SampleRequest>(R"({"type":"sample_request","requestId":"r","pipelineId":"p","componentKeys":["a"])" +
                                  text + "}")
        .limit;
  };
  CHECK(limit(R"(,"limit":0)") == 1);
  CHECK(limit(R"(,"limit":-9223372036854775808)") == 1);
  CHECK(limit(R"(,"limit":1001)") == 1000);
  CHECK(limit(R"(,"limit":18446744073709551615)") == 1000);
  CHECK(limit(R"(,"limit":1e300)") == 1000);
  CHECK(limit(R"(,"limit":7.0)") == 7);
  CHECK(limit("") == 10);
}

TEST_CASE("tap_start and tap_stop are decoded") {
  CHECK(decoded<TapStart>(R"({"type":"tap_start","requestId":"r","pipelineId":"p","componentId":"c"})") ==
        TapStart{"r", "p", "c"});
  CHECK(decoded<TapStop>(R"({"type":"tap_stop","requestId":"r"})") == TapStop{"r"});
}

TEST_CASE("an action is a self-update or a restart") {
  CHECK(decoded<SelfUpdate>(R"({"type":"action","action":"self_update","targetVersion":"1.2.3",)"
                            R"("downloadUrl":"https://x/y","checksum":"sha256:00","signature":"c2ln"})") ==
        SelfUpdate{"1.2.3", "https://x/y", "sha256:00", "c2ln"});
  CHECK(decoded<SelfUpdate>(R"({"type":"action","action":"self_update","targetVersion":"1.2.3",)"
                            R"("downloadUrl":"https://x/y","checksum":"00","signature":null})")
            .signature.empty());
  CHECK(decoded<RestartPipeline>(R"({"type":"action","action":"restart","pipelineId":"p"})") == RestartPipeline{"p"});
}

TEST_CASE("a poll interval is clamped to 1 s .. 1 h") {
  const auto interval = [](const std::string& ms) {
    return decoded<SetPollInterval>(R"({"type":"poll_interval","intervalMs":)" + ms + "}").interval.count();
  };
  CHECK(interval("5000") == 5000);
  CHECK(interval("0") == 1000);
  CHECK(interval("-1") == 1000);
  CHECK(interval("3600001") == 3600000);
  CHECK(interval("2500.4") == 2500);
}

TEST_CASE("a type that is not known is told by its name, made printable and short") {
  CHECK(decoded<Unknown>(R"({"type":"reboot"})").type == "reboot");
  CHECK(decoded<Unknown>(R"({"type":"action","action":"dance"})").type == "action:dance");
  CHECK(decoded<Unknown>(R"({"type":"a\nb\u001b[31m"})").type == "a?b?[31m");
  CHECK(decoded<Unknown>(R"({"type":")" + std::string(5000, 'x') + R"("})").type == std::string(64, 'x'));
  CHECK(decoded<Unknown>(R"({"type":""})").type.empty());
}

TEST_CASE("what is not as the contract says is malformed, and says why") {
  CHECK(malformed("") != "");
  CHECK_THAT(malformed("hello"), Catch::StartsWith("not JSON: "));
  CHECK_THAT(malformed(R"({"type":"config_changed")"), Catch::StartsWith("not JSON: "));
  CHECK_THAT(malformed("{\"type\":\"tap_stop\",\"requestId\":\"\xff\"}"), Catch::StartsWith("not JSON: "));
  CHECK(malformed("[]") == "not a JSON object");
  CHECK(malformed("{}") == "type is missing or no string");
  CHECK(malformed(R"({"type":7})") == "type is missing or no string");
  CHECK(malformed(R"({"type":"tap_stop"})") == "tap_stop: requestId is missing or no string");
  CHECK(malformed(R"({"type":"tap_stop","requestId":""})") == "tap_stop: requestId is empty");
  CHECK(malformed(R"({"type":"tap_stop","requestId":"a\u0000b"})") == "tap_stop: requestId holds a control character");
  CHECK(malformed(R"({"type":"tap_stop","requestId":")" + std::string(257, 'x') + R"("})") ==
        "tap_stop: requestId is too long");
  CHECK(malformed(R"({"type":"action"})") == "action: action is missing or no string");
  CHECK(malformed(R"({"type":"action","action":"restart"})") == "action: pipelineId is missing or no string");
  CHECK(malformed(R"({"type":"poll_interval"})") == "poll_interval: intervalMs is missing");
  CHECK(malformed(R"({"type":"poll_interval","intervalMs":"5"})") == "poll_interval: intervalMs is no number");
  const std::string sample = R"({"type":"sample_request","requestId":"r","pipelineId":"p","limit":1,"componentKeys":)";
  CHECK(malformed(sample + "[]}") == "sample_request: componentKeys is empty");
  CHECK(malformed(sample + "\"a\"}") == "sample_request: componentKeys is missing or no array");
  CHECK(malformed(sample + "[\"a\",1]}") == "sample_request: componentKeys holds something that is no component key");
}

TEST_CASE("a text that is only told to people is cut between characters, not refused") {
  const auto changed =
      decoded<ConfigChanged>(R"({"type":"config_changed","reason":")" + std::string(255, 'x') + "\xE2\x82\xAC\"}");
  CHECK(changed.reason == std::string(255, 'x'));
}

}  // namespace vf::push
