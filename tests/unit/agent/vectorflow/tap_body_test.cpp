#include "agent/control/vectorflow/tap_body.h"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "agent/control/vectorflow/sample_body.h"

using namespace vf::agent::vectorflow;
using namespace vf;

namespace {
const TapIds ids{"r\"1", "p", "c"};
}

TEST_CASE("events are posted as they are, and where some were dropped there is one that says so") {
  tapper::TapBuffer::Batch batch;
  batch.before = R"({"a":1},"two")";
  batch.dropped = 12;
  batch.after = "3";
  CHECK(
      encode_tap_events(ids, batch) ==
      R"({"requestId":"r\"1","pipelineId":"p","componentId":"c","events":[{"a":1},"two",{"vf_agent_dropped":12},3]})");
  batch = {};
  batch.dropped = 1;
  CHECK(encode_tap_events(ids, batch).ends_with(R"("events":[{"vf_agent_dropped":1}]})"));
}

TEST_CASE("the end is told with its reason") {
  CHECK(encode_tap_stopped(ids, "gone") ==
        R"({"requestId":"r\"1","pipelineId":"p","componentId":"c","status":"stopped","reason":"gone"})");
  CHECK(tap_notice("a \"word\"") == R"({"vf_agent_notice":"a \"word\""})");
}

TEST_CASE("a sample result has events and their schema, or why there are none") {
  const std::string results =
      encode_sample_results("r", {{"a", {R"({"k":"v"})", R"({"k":"w\u0000"})"}, ""}, {"b", {}, "no events"}});
  CHECK(
      encode_samples(results) ==
      R"({"results":[{"requestId":"r","componentKey":"a","events":[{"k":"v"},{"k":"w\uFFFD"}],)"
      R"("schema":[{"path":".k","type":"string","sample":"v"}]},{"requestId":"r","componentKey":"b","error":"no events"}]})");
}

TEST_CASE("whatever bytes an event's strings hold, a sample is JSON without NUL") {
  const std::string body = encode_samples(encode_sample_results("r", {{"a", {R"({"\u0000":"\u0000"})"}, ""}}));
  boost::system::error_code failed;
  boost::json::parse(body, failed);
  CHECK_FALSE(failed);
  CHECK(body.find("\\u0000") == std::string::npos);
}
