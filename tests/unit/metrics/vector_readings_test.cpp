#include "metrics/vector_readings.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "metrics/counter.h"
#include "tests/unit/metrics/generated_exposition.h"

namespace vf::metrics {
namespace {

const ComponentReading& component(const VectorReadings& readings, std::string_view id) {
  for (const ComponentReading& candidate : readings.components) {
    if (candidate.id == id) return candidate;
  }
  FAIL("no component " << id);
  std::abort();
}

// `series` is written without vector_ and with what stands between the braces besides id and kind.
std::string line(std::string_view series, std::string_view id, std::string_view kind, std::string_view value,
                 std::string_view more = "") {
  std::string text = "vector_";
  text.append(series).append("{component_id=\"").append(id).append("\",component_kind=\"").append(kind);
  text.append("\",component_type=\"t\"").append(more).append("} ").append(value).append(" 1795253270546\n");
  return text;
}

TEST_CASE("what Vector 0.54 said in a recorded scrape is read to the number") {
  std::ifstream file(VF_SOURCE_DIR "/tests/unit/metrics/fixtures/vector-0.54.lean-excerpt.txt");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(text.size() > 4000);
  const VectorReadings readings = read_vector(text);

  REQUIRE(readings.components.size() == 5);
  CHECK(readings.malformed_lines == 0);
  const ComponentReading& demo = component(readings, "demo");
  CHECK(demo.kind == "source");
  CHECK(demo.type == "demo_logs");
  CHECK(demo.received_events == 1001);
  CHECK(demo.sent_events == 1001);
  CHECK(demo.received_bytes == 258052);
  CHECK(demo.sent_bytes == 369160);
  CHECK_FALSE(demo.utilization);
  const ComponentReading& filter = component(readings, "only_ok");
  CHECK(filter.kind == "transform");
  CHECK(filter.received_events == 1000);
  CHECK(filter.discarded == 0);
  CHECK(filter.latency_mean_seconds == 0.000057232723108112786);
  CHECK(filter.utilization == 0.0596);
  const ComponentReading& sink = component(readings, "hole");
  CHECK(sink.sent_events == 1000);
  CHECK(sink.sent_bytes == 258800);
  CHECK_FALSE(sink.latency_mean_seconds);
  const ComponentReading& idle = component(readings, "tcp");
  CHECK(idle.received_events == 0);
  CHECK(idle.sent_events == 0);

  CHECK(readings.totals.events_in == 1001);
  CHECK(readings.totals.events_out == 1000);
  CHECK(readings.totals.bytes_in == 258052);
  CHECK(readings.totals.bytes_out == 258800);
  CHECK(readings.totals.errors == 0);
  CHECK(readings.totals.discarded == 0);
  CHECK(readings.totals.utilization == 0.074);
  CHECK(readings.reloads_total == 0);
}

TEST_CASE("components of the agent's own sidecar are left out of everything") {
  const VectorReadings readings = read_vector(line("component_received_events_total", "vf_internal", "source", "5") +
                                              line("component_sent_events_total", "vf_exporter", "sink", "5") +
                                              line("component_errors_total", "vf_exporter", "sink", "5") +
                                              line("component_discarded_events_total", "vf_f", "transform", "5") +
                                              line("utilization", "vf_exporter", "sink", "0.9"));
  CHECK(readings.components.empty());
  CHECK(readings.totals.events_in == 0);
  CHECK(readings.totals.events_out == 0);
  CHECK(readings.totals.errors == 0);
  CHECK(readings.totals.discarded == 0);
  CHECK_FALSE(readings.totals.utilization);
}

TEST_CASE("a component whose id merely contains vf_ is the user's") {
  CHECK(read_vector(line("component_sent_events_total", "my_vf_sink", "sink", "5")).totals.events_out == 5);
}

TEST_CASE("names are accepted with and without the vector_ prefix") {
  const std::string with = line("component_sent_events_total", "out", "sink", "5");
  CHECK(read_vector(with).totals.events_out == 5);
  CHECK(read_vector(with.substr(std::string_view("vector_").size())).totals.events_out == 5);
  CHECK(read_vector("other_" + with).totals.events_out == 0);
}

TEST_CASE("counters that come in several series are summed") {
  const VectorReadings readings =
      read_vector(line("component_sent_events_total", "route", "transform", "3", ",output=\"a\"") +
                  line("component_sent_events_total", "route", "transform", "4", ",output=\"b\"") +
                  line("component_received_bytes_total", "in", "source", "10", ",protocol=\"tcp\"") +
                  line("component_received_bytes_total", "in", "source", "20", ",protocol=\"udp\"") +
                  line("component_errors_total", "route", "transform", "1", ",error_type=\"parser_failed\"") +
                  line("component_errors_total", "route", "transform", "2", ",error_type=\"conversion_failed\"") +
                  line("component_discarded_events_total", "route", "transform", "5", ",intentional=\"true\"") +
                  line("component_discarded_events_total", "route", "transform", "6", ",intentional=\"false\""));
  const ComponentReading& route = component(readings, "route");
  CHECK(route.sent_events == 7);
  CHECK(route.errors == 3);
  CHECK(route.discarded == 11);
  CHECK(component(readings, "in").received_bytes == 30);
  CHECK(readings.totals.errors == 3);
  CHECK(readings.totals.discarded == 11);
}

TEST_CASE("gauges are set, not summed") {
  const VectorReadings readings =
      read_vector(line("component_latency_mean_seconds", "t", "transform", "0.5") +
                  line("component_latency_mean_seconds", "t", "transform", "0.25") +
                  line("utilization", "t", "transform", "0.5") + line("utilization", "t", "transform", "0.75"));
  CHECK(component(readings, "t").latency_mean_seconds == 0.25);
  CHECK(component(readings, "t").utilization == 0.75);
}

TEST_CASE("a gauge that is not a finite number is no reading") {
  const VectorReadings readings = read_vector(line("utilization", "t", "transform", "NaN") +
                                              line("component_latency_mean_seconds", "t", "transform", "+Inf"));
  CHECK_FALSE(component(readings, "t").utilization);
  CHECK_FALSE(component(readings, "t").latency_mean_seconds);
  CHECK_FALSE(readings.totals.utilization);
}

TEST_CASE("a pipeline is as utilized as its busiest component, under either name of the metric") {
  const VectorReadings readings =
      read_vector(line("utilization", "a", "transform", "0.2") + line("component_utilization", "b", "sink", "0.7") +
                  line("utilization", "c", "sink", "0.4"));
  CHECK(readings.totals.utilization == 0.7);
}

TEST_CASE("a source counts with what it received, or with what it sent where it received nothing") {
  const std::string both = line("component_received_events_total", "a", "source", "10") +
                           line("component_sent_events_total", "a", "source", "7") +
                           line("component_received_bytes_total", "a", "source", "1000") +
                           line("component_sent_event_bytes_total", "a", "source", "700");
  CHECK(read_vector(both).totals.events_in == 10);
  CHECK(read_vector(both).totals.bytes_in == 1000);

  const std::string sent_only = line("component_sent_events_total", "docker", "source", "7") +
                                line("component_sent_event_bytes_total", "docker", "source", "700");
  CHECK(read_vector(sent_only).totals.events_in == 7);
  CHECK(read_vector(sent_only).totals.bytes_in == 700);

  const std::string received_zero = sent_only + line("component_received_events_total", "docker", "source", "0");
  CHECK(read_vector(received_zero).totals.events_in == 7);
  CHECK(read_vector(both + received_zero).totals.events_in == 17);
}

TEST_CASE("only sources count as input and only sinks as output") {
  const VectorReadings readings = read_vector(line("component_received_events_total", "t", "transform", "10") +
                                              line("component_sent_events_total", "t", "transform", "10") +
                                              line("component_received_events_total", "s", "sink", "9") +
                                              line("component_sent_events_total", "s", "sink", "8") +
                                              line("component_sent_bytes_total", "s", "sink", "80"));
  CHECK(readings.totals.events_in == 0);
  CHECK(readings.totals.events_out == 8);
  CHECK(readings.totals.bytes_out == 80);
}

TEST_CASE("bytes are those on the wire, or the size of the events where Vector counts none") {
  const std::string events = line("component_received_event_bytes_total", "s", "sink", "50") +
                             line("component_sent_event_bytes_total", "s", "sink", "40");
  CHECK(component(read_vector(events), "s").received_bytes == 50);
  CHECK(component(read_vector(events), "s").sent_bytes == 40);
  const std::string wire = events + line("component_sent_bytes_total", "s", "sink", "12");
  CHECK(component(read_vector(wire), "s").sent_bytes == 12);
}

TEST_CASE("reloads are the process's and in no component") {
  const VectorReadings readings = read_vector(
      "vector_reloaded_total{host=\"vm\"} 2\n"
      "vector_component_errors_total{error_code=\"config_load\",error_type=\"configuration_failed\"} 3\n"
      "vector_component_errors_total{error_code=\"reload\",reason=\"topology_build_failed\"} 1\n"
      "vector_component_errors_total{error_code=\"reload\",reason=\"global_options_changed\"} 1\n"
      "vector_component_errors_total{error_code=\"other\"} 100\n");
  CHECK(readings.reloads_total == 2);
  CHECK(readings.reload_errors_total == 5);
  CHECK(readings.totals.errors == 0);
  CHECK(readings.components.empty());
}

TEST_CASE("counters stay within what the server can store") {
  const auto received = [](std::string_view value) {
    return read_vector(line("component_received_events_total", "a", "source", value)).totals.events_in;
  };
  CHECK(received("-5") == 0);
  CHECK(received("NaN") == 0);
  CHECK(received("-Inf") == 0);
  CHECK(received("7.9") == 7);
  CHECK(received("1e3") == 1000);
  CHECK(received("+Inf") == counter_max);
  CHECK(received("9223372036854775808") == counter_max);
  CHECK(received("1e300") == counter_max);
  const std::string sum = line("component_sent_events_total", "a", "sink", "9e18", ",output=\"a\"") +
                          line("component_sent_events_total", "a", "sink", "9e18", ",output=\"b\"") +
                          line("component_sent_events_total", "b", "sink", "9e18");
  CHECK(read_vector(sum).totals.events_out == counter_max);
}

TEST_CASE("components come sorted by id, whatever the order of the exposition") {
  const std::string b = line("component_sent_events_total", "b", "sink", "1");
  const std::string a = line("component_sent_events_total", "a", "sink", "1");
  CHECK(read_vector(b + a).components.front().id == "a");
  CHECK(read_vector(a + b).components.front().id == "a");
}

TEST_CASE("ids that need unescaping are one component") {
  const VectorReadings readings = read_vector(line("component_sent_events_total", R"(a\"b\\c)", "sink", "1") +
                                              line("component_sent_bytes_total", R"(a\"b\\c)", "sink", "9"));
  REQUIRE(readings.components.size() == 1);
  CHECK(readings.components[0].id == R"(a"b\c)");
  CHECK(readings.components[0].sent_events == 1);
  CHECK(readings.components[0].sent_bytes == 9);
}

TEST_CASE("the number of components is bounded and what is beyond it is counted") {
  std::string text;
  for (std::size_t i = 0; i < max_components + 10; ++i) {
    text += line("component_sent_events_total", "s" + std::to_string(i), "sink", "1");
  }
  text += line("component_sent_bytes_total", "s0", "sink", "1");
  const VectorReadings readings = read_vector(text);
  CHECK(readings.components.size() == max_components);
  CHECK(readings.totals.events_out == max_components);
  CHECK(readings.unkept_samples == 10);
  CHECK(component(readings, "s0").sent_bytes == 1);
}

TEST_CASE("a malformed line is counted and the rest is read") {
  const VectorReadings readings = read_vector("vector_component_sent_events_total{component_id=\"a} 5\n" +
                                              line("component_sent_events_total", "a", "sink", "5"));
  CHECK(readings.malformed_lines == 1);
  CHECK(readings.totals.events_out == 5);
}

TEST_CASE("nothing at all is a reading without components") {
  const VectorReadings readings = read_vector("");
  CHECK(readings.components.empty());
  CHECK_FALSE(readings.totals.utilization);
}

TEST_CASE("a big exposition is read through its uninteresting lines") {
  const auto generated = test::generate_exposition();
  CHECK(static_cast<double>(generated.interesting) < 0.06 * static_cast<double>(generated.samples));
  const VectorReadings readings = read_vector(generated.text);
  CHECK(readings.components.size() == 4);
  CHECK(readings.totals.events_in == 1001);
  CHECK(readings.totals.errors == 4004);
  CHECK(readings.totals.utilization == 1001);
}

}  // namespace
}  // namespace vf::metrics
