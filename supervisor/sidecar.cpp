#include "supervisor/sidecar.h"

namespace vf::supervisor {
namespace {

constexpr const char* lean_components = R"(sources:
  vf_internal_metrics:
    type: internal_metrics
    scrape_interval_secs: 5
transforms:
  # Lets through only what the agent reads: 5 kB a scrape instead of hundreds.
  vf_metrics_filter:
    type: filter
    inputs: ["vf_internal_metrics"]
    condition: >-
      n = string!(.name);
      n == "utilization" || n == "component_latency_mean_seconds" || n == "reloaded_total" ||
      (starts_with(n, "component_") && ends_with(n, "_total"))
sinks:
  vf_metrics_exporter:
    type: prometheus_exporter
    inputs: ["vf_metrics_filter"]
)";

constexpr const char* full_components = R"(sources:
  vf_internal_metrics:
    type: internal_metrics
  vf_host_metrics:
    type: host_metrics
sinks:
  vf_metrics_exporter:
    type: prometheus_exporter
    inputs: ["vf_internal_metrics", "vf_host_metrics"]
)";

}  // namespace

std::string sidecar_yaml(SidecarKind kind, PortPair ports, const std::string& vector_data_dir) {
  std::string yaml = "# Written by vf-agent beside the pipeline's own configuration; changes here are overwritten.\n";
  if (!vector_data_dir.empty()) yaml += "data_dir: \"" + vector_data_dir + "\"\n";  // of characters that need no escape
  yaml += kind == SidecarKind::lean ? lean_components : full_components;
  yaml += "    address: \"127.0.0.1:" + std::to_string(ports.metrics) + "\"\n";
  yaml += "api:\n  enabled: true\n  address: \"127.0.0.1:" + std::to_string(ports.api) + "\"\n";
  return yaml;
}

}  // namespace vf::supervisor
