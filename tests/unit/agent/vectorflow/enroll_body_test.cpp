#include "agent/control/vectorflow/enroll_body.h"

#include <catch2/catch.hpp>

namespace vf::agent::vectorflow {
namespace {

using namespace std::string_literals;

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::string reason_of(std::string_view answer) {
  const auto enrolled = decode_enrolled(answer);
  REQUIRE_FALSE(enrolled);
  return enrolled.error().message();
}

}  // namespace

TEST_CASE("an enrolment says who asks, in the schema's words") {
  const EnrollRequest request{"vf_enroll_x", "host-1", "linux/amd64",
                              "0.1.0",       "0.54.0", {{"region", "eu"}, {"zone", "a"}}};
  CHECK(encode_enroll(request) ==
        R"({"token":"vf_enroll_x","hostname":"host-1","os":"linux/amd64","agentVersion":"0.1.0",)"
        R"("vectorVersion":"0.54.0","labels":{"region":"eu","zone":"a"}})");
}

TEST_CASE("what an enrolment does not know is left out, and a host without a name is unknown") {
  CHECK(encode_enroll({"t", "", "", "", "", {}}) == R"({"token":"t","hostname":"unknown"})");
}

TEST_CASE("an enrolment's texts are cut at the schema's limits, the token never") {
  const std::string long_token = repeated("t", 300);
  const std::string body = encode_enroll(
      {long_token, repeated("h", 254), repeated("ö", 101), repeated("\xF0\x9F\x98\x80", 51), repeated("v", 101), {}});
  CHECK(body == R"({"token":")" + long_token + R"(","hostname":")" + repeated("h", 253) + R"(","os":")" +
                    repeated("ö", 100) + R"(","agentVersion":")" + repeated("\xF0\x9F\x98\x80", 50) +
                    R"(","vectorVersion":")" + repeated("v", 100) + R"("})");
}

TEST_CASE("an enrolment's labels are UTF-8 without NUL") {
  CHECK(encode_enroll({"t", "h", "", "", "", {{"a\0"s, "\xFF"}}}) ==
        "{\"token\":\"t\",\"hostname\":\"h\",\"labels\":{\"a\xEF\xBF\xBD\":\"\xEF\xBF\xBD\"}}");
}

TEST_CASE("an enrolment's answer is read") {
  const auto enrolled = decode_enrolled(
      R"({"nodeId":"n1","nodeToken":" vf_node_a_b\n","environmentId":"e1","environmentName":"prod\u0007 x","more":[1]})");
  REQUIRE(enrolled);
  CHECK(enrolled.value().node_id == "n1");
  CHECK(enrolled.value().node_token == "vf_node_a_b");
  CHECK(enrolled.value().environment_id == "e1");
  CHECK(enrolled.value().environment_name == "prod x");
}

TEST_CASE("only the node token is needed in an enrolment's answer") {
  const auto enrolled = decode_enrolled(R"({"nodeToken":"vf_node","nodeId":null,"environmentName":7})");
  REQUIRE(enrolled);
  CHECK(enrolled.value().node_id.empty());
  CHECK(enrolled.value().environment_name.empty());
}

TEST_CASE("an answer without a token that a header can carry is refused, and the token is not shown") {
  CHECK(reason_of("<html>").find("it is not JSON") != std::string::npos);
  CHECK(reason_of("").find("it is not JSON") != std::string::npos);
  CHECK(reason_of("[]").find("not a JSON object") != std::string::npos);
  CHECK(reason_of("{}").find("missing") != std::string::npos);
  CHECK(reason_of(R"({"nodeToken":17})").find("missing or not a string") != std::string::npos);
  CHECK(reason_of(R"({"nodeToken":" "})").find("empty") != std::string::npos);
  for (const char* token : {"sec\\r\\nX-Evil: 1", "sec\\u0000", "sec ret", "sec\\u007f", "secä"}) {
    const std::string reason = reason_of(R"({"nodeToken":")"s + token + R"("})");
    CHECK(reason.find("no HTTP header can carry") != std::string::npos);
    CHECK(reason.find("sec") == std::string::npos);
  }
  CHECK(reason_of(R"({"nodeToken":")" + repeated("x", 4097) + R"("})").find("longer") != std::string::npos);
}

}  // namespace vf::agent::vectorflow
