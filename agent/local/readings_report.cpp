#include "agent/local/readings_report.h"

#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "metrics/process_readings.h"
#include "metrics/procfs.h"

namespace vf::agent {
namespace {

namespace json = boost::json;

void add_counters(json::object& to, const PipelineFigures& pipeline) {
  const metrics::PipelineTotals& totals = pipeline.readings->totals;
  to["readAt"] = pipeline.read_at;
  to["eventsIn"] = totals.events_in;
  to["eventsOut"] = totals.events_out;
  to["bytesIn"] = totals.bytes_in;
  to["bytesOut"] = totals.bytes_out;
  to["errors"] = totals.errors;
  to["discarded"] = totals.discarded;
}

json::array components_of(const metrics::VectorReadings& readings) {
  json::array components;
  for (const metrics::ComponentReading& one : readings.components)
    components.push_back(json::object{{"id", one.id},
                                      {"kind", one.kind},
                                      {"type", one.type},
                                      {"receivedEvents", one.received_events},
                                      {"sentEvents", one.sent_events},
                                      {"receivedBytes", one.received_bytes},
                                      {"sentBytes", one.sent_bytes},
                                      {"errors", one.errors},
                                      {"discarded", one.discarded}});
  return components;
}

}  // namespace

void look_at_processes(std::vector<PipelineFigures>& pipelines) {
  metrics::KernelUnits units;
  units.ticks_per_second = ::sysconf(_SC_CLK_TCK);
  units.page_bytes = ::sysconf(_SC_PAGESIZE);
  std::string text;
  for (PipelineFigures& pipeline : pipelines) {
    if (!pipeline.pid || metrics::read_proc_file("/proc/" + std::to_string(*pipeline.pid) + "/stat", text) != 0)
      continue;  // it has ended just now
    if (const auto process = metrics::parse_process_stat(text, units, 0)) {
      pipeline.memory_bytes = process->resident_bytes;
      pipeline.cpu_seconds = process->cpu_seconds_total;
    }
  }
}

std::string readings_json(const std::vector<PipelineFigures>& pipelines, std::int64_t at, bool with_components) {
  json::array all;
  for (const PipelineFigures& pipeline : pipelines) {
    json::object one{{"id", pipeline.id},
                     {"name", pipeline.name},
                     {"generation", pipeline.generation},
                     {"restarts", pipeline.restarts}};
    if (pipeline.pid) {
      one["pid"] = *pipeline.pid;
      one["uptimeSeconds"] = pipeline.uptime.count();
    }
    if (pipeline.memory_bytes) one["memoryBytes"] = *pipeline.memory_bytes;
    if (pipeline.cpu_seconds) one["cpuSeconds"] = *pipeline.cpu_seconds;
    if (pipeline.readings) {
      add_counters(one, pipeline);
      if (with_components) one["components"] = components_of(*pipeline.readings);
    }
    all.push_back(std::move(one));
  }
  return json::serialize(json::object{{"at", at}, {"pipelines", std::move(all)}});
}

}  // namespace vf::agent
