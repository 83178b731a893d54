#include "agent/control/vectorflow/heartbeat_body.h"

#include <simdjson.h>
#include <catch2/catch.hpp>

#include <limits>

namespace vf::agent::vectorflow {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;
using supervisor::ProcessState;

constexpr auto infinity = std::numeric_limits<double>::infinity();
constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
constexpr auto huge = std::numeric_limits<std::uint64_t>::max();

HeartbeatPipeline pipeline(std::string id, ProcessState process = ProcessState::running) {
  HeartbeatPipeline made;
  made.id = std::move(id);
  made.version = 3;
  made.process = process;
  return made;
}

metrics::ComponentReading component(std::string id, std::string kind = "source") {
  metrics::ComponentReading made;
  made.id = std::move(id);
  made.kind = std::move(kind);
  return made;
}

HeartbeatPipeline with_components(std::string id, std::size_t count) {
  auto readings = std::make_shared<metrics::VectorReadings>();
  for (std::size_t i = 0; i < count; ++i) readings->components.push_back(component("component" + std::to_string(i)));
  HeartbeatPipeline made = pipeline(std::move(id));
  made.readings = std::move(readings);
  return made;
}

// The body, parsed; it must be JSON that simdjson accepts and hold no null and no NUL.
class Body {
 public:
  explicit Body(const Heartbeat& heartbeat) : text(encode_heartbeat(heartbeat)), root_(parser_.parse(text)) {
    CHECK(text.find("null") == std::string::npos);
    CHECK(text.find('\0') == std::string::npos);
    CHECK(text.find("\\u0000") == std::string::npos);
  }
  simdjson::dom::element at(std::string_view pointer) const { return root_.at_pointer(pointer).value(); }
  bool has(std::string_view pointer) const { return root_.at_pointer(pointer).error() == simdjson::SUCCESS; }
  std::string_view text_at(std::string_view pointer) const { return at(pointer).get_string().value(); }
  std::int64_t int_at(std::string_view pointer) const { return at(pointer).get_int64().value(); }
  double number_at(std::string_view pointer) const { return at(pointer).get_double().value(); }

  const std::string text;

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

}  // namespace

TEST_CASE("a heartbeat with everything has exactly the schema's fields") {
  Heartbeat heartbeat;
  auto readings = std::make_shared<metrics::VectorReadings>();
  readings->totals = {10, 1000, 9, 900, 1, 2, 0.25};
  readings->components.push_back({"in", "source", "demo_logs", 10, 11, 12, 13, 14, 15, 0.125, 0.5});
  heartbeat.pipelines.push_back({"p1", 3, "abc", ProcessState::running, 4711, 90s, readings});
  heartbeat.host = metrics::HostReadings{1, 2, 3, 4.25, 5.5, 0.1, 0.2, 0.3, 6, 7, 8, 9, 10, 11, 12};
  heartbeat.agent_version = "0.1.0";
  heartbeat.vector_version = "0.54.0";
  heartbeat.deployment_mode = "DOCKER";
  heartbeat.running_as = "vector";
  heartbeat.update_error = "running in Docker";
  heartbeat.labels = {{"region", "eu"}};
  heartbeat.health = {1, 2, 3, true, 4, 5.5};
  CHECK(encode_heartbeat(heartbeat) ==
        R"({"agentVersion":"0.1.0","vectorVersion":"0.54.0","deploymentMode":"DOCKER","runningAs":"vector",)"
        R"("updateError":"running in Docker","agentHealth":{"pollErrorsTotal":1,"pushReconnectsTotal":2,)"
        R"("heartbeatErrorsTotal":3,"pushConnected":true,"pipelinesRunning":4,"uptimeSeconds":5.5},)"
        R"("labels":{"region":"eu"},"hostMetrics":{"memoryTotalBytes":1,"memoryUsedBytes":2,"memoryFreeBytes":3,)"
        R"("cpuSecondsTotal":4.25,"cpuSecondsIdle":5.5,"loadAvg1":0.1,"loadAvg5":0.2,"loadAvg15":0.3,)"
        R"("fsTotalBytes":6,"fsUsedBytes":7,"fsFreeBytes":8,"diskReadBytes":9,"diskWrittenBytes":10,)"
        R"("netRxBytes":11,"netTxBytes":12},"pipelines":[{"pipelineId":"p1","version":3,"status":"RUNNING",)"
        R"("pid":4711,"uptimeSeconds":90,"configChecksum":"abc","eventsIn":10,"eventsOut":9,"errorsTotal":1,)"
        R"("bytesIn":1000,"bytesOut":900,"eventsDiscarded":2,"utilization":0.25,"componentMetrics":[)"
        R"({"componentId":"in","componentKind":"source","receivedEvents":10,"sentEvents":11,"receivedBytes":12,)"
        R"("sentBytes":13,"errorsTotal":14,"discardedEvents":15,"latencyMeanSeconds":0.125}]}]})");
}

TEST_CASE("what a heartbeat does not know is left out, and the rest is whole") {
  Heartbeat heartbeat;
  CHECK(encode_heartbeat(heartbeat) ==
        R"({"agentHealth":{"pollErrorsTotal":0,"pushReconnectsTotal":0,"heartbeatErrorsTotal":0,)"
        R"("pushConnected":false,"pipelinesRunning":0,"uptimeSeconds":0},"pipelines":[]})");
  heartbeat.pipelines = {pipeline("p1", ProcessState::waiting)};
  CHECK(encode_heartbeat(heartbeat).find(R"("pipelines":[{"pipelineId":"p1","version":3,"status":"PENDING"}])") !=
        std::string::npos);
}

TEST_CASE("every pipeline is listed whatever became of it, with one of the five words") {
  Heartbeat heartbeat;
  for (const ProcessState state :
       {ProcessState::waiting, ProcessState::starting, ProcessState::running, ProcessState::stopping,
        ProcessState::stopped, ProcessState::crashed, ProcessState::crash_loop})
    heartbeat.pipelines.push_back(pipeline("p" + std::to_string(heartbeat.pipelines.size()), state));
  const Body body(heartbeat);
  std::vector<std::string> words;
  const simdjson::dom::array entries = body.at("/pipelines").get_array().value();
  for (const simdjson::dom::element entry : entries) words.emplace_back(entry.at_key("status").get_string().value());
  CHECK(words ==
        std::vector<std::string>{"PENDING", "STARTING", "RUNNING", "STARTING", "STOPPED", "CRASHED", "CRASHED"});
}

TEST_CASE("version and uptime stay within the server's integers") {
  Heartbeat heartbeat;
  heartbeat.pipelines = {pipeline("high"), pipeline("low")};
  heartbeat.pipelines[0].version = std::int64_t{1} << 31;
  heartbeat.pipelines[0].uptime = std::chrono::seconds::max();
  heartbeat.pipelines[1].version = -1;
  heartbeat.pipelines[1].uptime = -5s;
  const Body body(heartbeat);
  CHECK(body.int_at("/pipelines/0/version") == 2147483647);
  CHECK(body.int_at("/pipelines/0/uptimeSeconds") == 2147483647);
  CHECK(body.int_at("/pipelines/1/version") == 0);
  CHECK(body.int_at("/pipelines/1/uptimeSeconds") == 0);
}

TEST_CASE("a pid that the server could not store is left out") {
  Heartbeat heartbeat;
  for (const std::int64_t pid : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 31, std::int64_t{2147483647}}) {
    heartbeat.pipelines.push_back(pipeline("p" + std::to_string(pid)));
    heartbeat.pipelines.back().pid = pid;
  }
  const Body body(heartbeat);
  CHECK_FALSE(body.has("/pipelines/0/pid"));
  CHECK_FALSE(body.has("/pipelines/1/pid"));
  CHECK_FALSE(body.has("/pipelines/2/pid"));
  CHECK(body.int_at("/pipelines/3/pid") == 2147483647);
}

TEST_CASE("no counter on the wire is above 2^53-1") {
  Heartbeat heartbeat;
  auto readings = std::make_shared<metrics::VectorReadings>();
  readings->totals = {huge, huge, huge, huge, huge, huge, {}};
  readings->components.push_back({"c", "sink", "", huge, huge, huge, huge, huge, huge, {}, {}});
  heartbeat.pipelines = {pipeline("p")};
  heartbeat.pipelines[0].readings = readings;
  heartbeat.host = metrics::HostReadings{huge, huge, huge, 0, 0, 0, 0, 0, huge, huge, huge, huge, huge, huge, huge};
  heartbeat.health = {huge, huge, huge, true, huge, 0};
  const Body body(heartbeat);
  std::size_t clamped = 0;
  for (std::size_t at = 0; (at = body.text.find("9007199254740991", at)) != std::string::npos; ++at) ++clamped;
  CHECK(clamped == 6 + 6 + 10 + 4);
  CHECK(body.text.find("18446744073709551615") == std::string::npos);
}

TEST_CASE("a gauge that is no number is left out; one the schema demands is 0") {
  Heartbeat heartbeat;
  auto readings = std::make_shared<metrics::VectorReadings>();
  readings->totals.utilization = nan;
  readings->components.push_back(component("c"));
  readings->components[0].latency_mean_seconds = infinity;
  heartbeat.pipelines = {pipeline("p")};
  heartbeat.pipelines[0].readings = readings;
  heartbeat.host = metrics::HostReadings{};
  heartbeat.host->cpu_seconds_total = infinity;
  heartbeat.host->cpu_seconds_idle = nan;
  heartbeat.host->load_avg_1 = -infinity;
  heartbeat.host->load_avg_5 = nan;
  heartbeat.host->load_avg_15 = nan;
  heartbeat.health.uptime_seconds = nan;
  const Body body(heartbeat);
  CHECK_FALSE(body.has("/pipelines/0/utilization"));
  CHECK_FALSE(body.has("/pipelines/0/componentMetrics/0/latencyMeanSeconds"));
  for (const char* name : {"cpuSecondsTotal", "cpuSecondsIdle", "loadAvg1", "loadAvg5", "loadAvg15"})
    CHECK_FALSE(body.has("/hostMetrics/"s + name));
  CHECK(body.number_at("/agentHealth/uptimeSeconds") == 0);
}

TEST_CASE("before the first scrape no counter is sent, since a 0 would read as a reset") {
  Heartbeat heartbeat;
  heartbeat.pipelines = {pipeline("p")};
  const Body body(heartbeat);
  for (const char* name : {"eventsIn", "eventsOut", "errorsTotal", "bytesIn", "bytesOut", "eventsDiscarded",
                           "utilization", "componentMetrics"})
    CHECK_FALSE(body.has("/pipelines/0/"s + name));
}

TEST_CASE("a component or a pipeline without a name, which would lose the heartbeat, is left out") {
  Heartbeat heartbeat;
  auto some = std::make_shared<metrics::VectorReadings>();
  some->components = {component(""), component("a"), component("b", "")};
  auto none = std::make_shared<metrics::VectorReadings>();
  none->components = {component("")};
  heartbeat.pipelines = {pipeline(""), pipeline("p"), pipeline("q")};
  heartbeat.pipelines[1].readings = some;
  heartbeat.pipelines[2].readings = none;
  const Body body(heartbeat);
  CHECK(body.at("/pipelines").get_array().value().size() == 2);
  CHECK(body.at("/pipelines/0/componentMetrics").get_array().value().size() == 1);
  CHECK(body.text_at("/pipelines/0/componentMetrics/0/componentId") == "a");
  CHECK_FALSE(body.has("/pipelines/1/componentMetrics"));
}

TEST_CASE("texts are cut at the schema's limits, between characters") {
  const auto repeated = [](std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  const std::string smiley = "\xF0\x9F\x98\x80";  // two UTF-16 units
  Heartbeat heartbeat;
  heartbeat.agent_version = repeated("v", 101);
  heartbeat.vector_version = repeated("ö", 101);
  heartbeat.running_as = repeated("a", 99) + smiley;
  heartbeat.update_error = repeated(smiley, 251);
  heartbeat.pipelines = {pipeline("p")};
  heartbeat.pipelines[0].checksum = repeated("c", 129);
  const Body body(heartbeat);
  CHECK(body.text_at("/agentVersion") == repeated("v", 100));
  CHECK(body.text_at("/vectorVersion") == repeated("ö", 100));
  CHECK(body.text_at("/runningAs") == repeated("a", 99));
  CHECK(body.text_at("/updateError") == repeated(smiley, 250));
  CHECK(body.text_at("/pipelines/0/configChecksum") == repeated("c", 128));
}

TEST_CASE("a NUL or a broken byte anywhere becomes U+FFFD") {
  Heartbeat heartbeat;
  const std::string dirty = "a\0\xFF"s;
  const std::string clean = "a\xEF\xBF\xBD\xEF\xBF\xBD";
  heartbeat.agent_version = heartbeat.vector_version = heartbeat.running_as = heartbeat.update_error = dirty;
  heartbeat.labels = {{dirty, dirty}};
  auto readings = std::make_shared<metrics::VectorReadings>();
  readings->components = {component(dirty, dirty)};
  heartbeat.pipelines = {pipeline(dirty)};
  heartbeat.pipelines[0].checksum = dirty;
  heartbeat.pipelines[0].readings = readings;
  const Body body(heartbeat);
  for (const char* pointer :
       {"/agentVersion", "/vectorVersion", "/runningAs", "/updateError", "/pipelines/0/pipelineId",
        "/pipelines/0/configChecksum", "/pipelines/0/componentMetrics/0/componentId",
        "/pipelines/0/componentMetrics/0/componentKind"})
    CHECK(body.text_at(pointer) == clean);
  CHECK(body.text_at("/labels/" + clean) == clean);
}

TEST_CASE("only a deployment mode that the schema knows is sent") {
  Heartbeat heartbeat;
  for (const char* mode : {"STANDALONE", "DOCKER", "UNKNOWN"}) {
    heartbeat.deployment_mode = mode;
    CHECK(Body(heartbeat).text_at("/deploymentMode") == mode);
  }
  for (const char* mode : {"", "docker", "KUBERNETES"}) {
    heartbeat.deployment_mode = mode;
    CHECK_FALSE(Body(heartbeat).has("/deploymentMode"));
  }
}

TEST_CASE("a body that is too large loses components of the largest pipelines first, and says so") {
  Heartbeat heartbeat;
  for (const std::size_t count : {40u, 200u, 0u, 120u})
    heartbeat.pipelines.push_back(with_components("p" + std::to_string(count), count));
  const Heartbeat whole_heartbeat = heartbeat;
  LeftOut left_out;
  const std::string whole = encode_heartbeat(heartbeat, &left_out);
  CHECK(left_out == LeftOut{});

  const std::string exact = encode_heartbeat(heartbeat, &left_out, whole.size());
  CHECK(exact == whole);
  CHECK(left_out == LeftOut{});

  std::string cut = encode_heartbeat(heartbeat, &left_out, whole.size() - 1);
  CHECK(left_out == LeftOut{1, false, 0});
  heartbeat.pipelines[1].readings = std::make_shared<metrics::VectorReadings>();
  CHECK(cut == encode_heartbeat(heartbeat));

  heartbeat = whole_heartbeat;
  CHECK(encode_heartbeat(heartbeat, &left_out, cut.size()) == cut);
  CHECK(left_out == LeftOut{1, false, 0});

  heartbeat.pipelines[1].readings = std::make_shared<metrics::VectorReadings>();
  cut = encode_heartbeat(heartbeat, &left_out, 9000);
  CHECK(cut.size() <= 9000);
  CHECK(left_out == LeftOut{1, false, 0});
  heartbeat.pipelines[3].readings = std::make_shared<metrics::VectorReadings>();
  CHECK(cut == encode_heartbeat(heartbeat));
}

TEST_CASE("where even that is too much, every pipeline is still listed by id, version and status") {
  Heartbeat heartbeat;
  heartbeat.host = metrics::HostReadings{};
  heartbeat.labels = {{"big", std::string(20000, 'x')}};
  heartbeat.running_as = "root";
  heartbeat.pipelines = {with_components("p1", 3), pipeline("p2", ProcessState::crashed)};
  LeftOut left_out;
  CHECK(encode_heartbeat(heartbeat, &left_out, 10000) ==
        R"({"runningAs":"root","agentHealth":{"pollErrorsTotal":0,"pushReconnectsTotal":0,"heartbeatErrorsTotal":0,)"
        R"("pushConnected":false,"pipelinesRunning":0,"uptimeSeconds":0},"pipelines":[)"
        R"({"pipelineId":"p1","version":3,"status":"RUNNING"},{"pipelineId":"p2","version":3,"status":"CRASHED"}]})");
  CHECK(left_out == LeftOut{1, true, 0});
}

TEST_CASE("no body is ever larger than the limit, and what was left out is counted") {
  Heartbeat heartbeat;
  for (int i = 0; i < 1000; ++i) heartbeat.pipelines.push_back(pipeline("pipeline-" + std::to_string(i)));
  LeftOut left_out;
  for (const std::size_t limit : {8192u, 8193u, 8220u, 30000u}) {
    const std::string text = encode_heartbeat(heartbeat, &left_out, limit);
    CHECK(text.size() <= limit);
    CHECK(text.size() > limit - 100);
    simdjson::dom::parser parser;
    const std::size_t listed = parser.parse(text).at_pointer("/pipelines").get_array().value().size();
    CHECK(left_out == LeftOut{0, true, 1000 - listed});
  }
}

}  // namespace vf::agent::vectorflow
