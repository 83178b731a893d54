#include "tests/support/standin_vector/component_types.h"

namespace standin {
namespace {

const std::vector<ComponentType>& types() {
  static const std::vector<ComponentType> kTypes = {
      {Kind::source,
       "demo_logs",
       {"format"},
       {"interval", "count", "lines", "sequence", "framing", "decoding", "log_namespace"},
       true},
      {Kind::source,
       "socket",
       {"mode"},
       {"address", "path", "max_length", "max_connections", "connection_limit", "shutdown_timeout_secs", "host_key",
        "port_key", "receive_buffer_bytes", "max_connection_duration_secs", "keepalive", "tls", "framing", "decoding",
        "permit_origin", "socket_file_mode", "log_namespace"},
       true},
      {Kind::source, "internal_metrics", {}, {"scrape_interval_secs", "tags", "namespace"}, true},
      {Kind::source,
       "host_metrics",
       {},
       {"scrape_interval_secs", "collectors", "namespace", "cgroups", "cpu", "disk", "filesystem", "network", "process",
        "tcp"},
       true},
      {Kind::source, "internal_logs", {}, {"host_key", "pid_key", "log_namespace"}, true},
      {Kind::transform,
       "remap",
       {},
       {"source", "file", "files", "drop_on_error", "drop_on_abort", "reroute_dropped", "metric_tag_values", "timezone",
        "runtime"},
       true},
      {Kind::transform, "filter", {"condition"}, {}, true},
      {Kind::transform, "route", {"route"}, {"reroute_unmatched"}, true},
      {Kind::sink, "blackhole", {}, {"print_interval_secs", "rate"}, true},
      {Kind::sink, "console", {"encoding"}, {"target", "framing"}, true},
      {Kind::sink,
       "file",
       {"path", "encoding"},
       {"idle_timeout_secs", "framing", "compression", "timezone", "internal_metrics", "truncate"},
       true},
      {Kind::sink,
       "prometheus_exporter",
       {},
       {"default_namespace", "namespace", "address", "auth", "tls", "buckets", "quantiles",
        "distributions_as_summaries", "flush_period_secs", "suppress_timestamp"},
       true},
      // Passed through: they start, count events by the clock, and send nothing anywhere.
      {Kind::source, "docker_logs", {}, {}, false},
      {Kind::source, "exec", {}, {}, false},
      {Kind::source, "file", {"include"}, {}, false},
      {Kind::source, "http_client", {"endpoint"}, {}, false},
      {Kind::source, "http_server", {"address"}, {}, false},
      {Kind::source, "journald", {}, {}, false},
      {Kind::source, "kafka", {}, {}, false},
      {Kind::source, "kubernetes_logs", {}, {}, false},
      {Kind::source, "opentelemetry", {}, {}, false},
      {Kind::source, "static_metrics", {}, {}, false},
      {Kind::source, "syslog", {"mode"}, {}, false},
      {Kind::source, "vector", {"address"}, {}, false},
      {Kind::transform, "aggregate", {}, {}, false},
      {Kind::transform, "dedupe", {}, {}, false},
      {Kind::transform, "log_to_metric", {}, {}, false},
      {Kind::transform, "reduce", {}, {}, false},
      {Kind::transform, "sample", {}, {}, false},
      {Kind::transform, "throttle", {}, {}, false},
      {Kind::sink, "aws_s3", {}, {}, false},
      {Kind::sink, "elasticsearch", {}, {}, false},
      {Kind::sink, "http", {"uri", "encoding"}, {}, false},
      {Kind::sink, "kafka", {}, {}, false},
      {Kind::sink, "loki", {}, {}, false},
      {Kind::sink, "socket", {}, {}, false},
      {Kind::sink, "vector", {"address"}, {}, false},
  };
  return kTypes;
}

}  // namespace

std::string_view name_of(Kind kind) {
  if (kind == Kind::source) return "source";
  return kind == Kind::transform ? "transform" : "sink";
}

const ComponentType* find_type(Kind kind, std::string_view name) {
  for (const auto& type : types()) {
    if (type.kind == kind && type.name == name) return &type;
  }
  return nullptr;
}

std::string known_types(Kind kind) {
  std::string list;
  for (const auto& type : types()) {
    if (type.kind != kind) continue;
    if (!list.empty()) list += ", ";
    list.append("`").append(type.name).append("`");
  }
  return list;
}

}  // namespace standin
