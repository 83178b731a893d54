#include "tests/support/standin_vector/exposition.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <functional>
#include <string_view>

namespace standin {
namespace {

struct HostMetric {
  std::string_view name;
  std::string_view type;
  std::string_view labels;
  double value;
  bool grows;
};

// One series each is enough: agents that read host metrics read these names.
constexpr std::array kHostMetrics = {
    HostMetric{"host_boot_time", "gauge", "collector=\"host\"", 1795249835, false},
    HostMetric{"host_cpu_seconds_total", "counter", "collector=\"cpu\",cpu=\"0\",mode=\"idle\"", 397.81, true},
    HostMetric{"host_cpu_seconds_total", "counter", "collector=\"cpu\",cpu=\"0\",mode=\"system\"", 223.85, true},
    HostMetric{"host_cpu_seconds_total", "counter", "collector=\"cpu\",cpu=\"0\",mode=\"user\"", 72.23, true},
    HostMetric{"host_disk_read_bytes_total", "counter", "collector=\"disk\",device=\"vda\"", 5720843264, true},
    HostMetric{"host_disk_written_bytes_total", "counter", "collector=\"disk\",device=\"vda\"", 3720843264, true},
    HostMetric{"host_filesystem_free_bytes", "gauge",
               "collector=\"filesystem\",device=\"/dev/vda1\",filesystem=\"ext4\",mountpoint=\"/\"", 31e9, false},
    HostMetric{"host_filesystem_total_bytes", "gauge",
               "collector=\"filesystem\",device=\"/dev/vda1\",filesystem=\"ext4\",mountpoint=\"/\"", 84e9, false},
    HostMetric{"host_filesystem_used_bytes", "gauge",
               "collector=\"filesystem\",device=\"/dev/vda1\",filesystem=\"ext4\",mountpoint=\"/\"", 53e9, false},
    HostMetric{"host_load1", "gauge", "collector=\"loadavg\"", 0.52, false},
    HostMetric{"host_load15", "gauge", "collector=\"loadavg\"", 0.31, false},
    HostMetric{"host_load5", "gauge", "collector=\"loadavg\"", 0.42, false},
    HostMetric{"host_memory_available_bytes", "gauge", "collector=\"memory\"", 20e9, false},
    HostMetric{"host_memory_free_bytes", "gauge", "collector=\"memory\"", 18e9, false},
    HostMetric{"host_memory_total_bytes", "gauge", "collector=\"memory\"", 25e9, false},
    HostMetric{"host_memory_used_bytes", "gauge", "collector=\"memory\"", 5e9, false},
    HostMetric{"host_network_receive_bytes_total", "counter", "collector=\"network\",device=\"eth0\"", 918273645, true},
    HostMetric{"host_network_transmit_bytes_total", "counter", "collector=\"network\",device=\"eth0\"", 123456789,
               true},
    HostMetric{"host_uptime", "gauge", "collector=\"host\"", 2210.8, true},
};

const std::string& host_name() {
  static const std::string kName = [] {
    char name[256] = "localhost";
    ::gethostname(name, sizeof name - 1);
    return std::string(name);
  }();
  return kName;
}

/// Plain where it is whole: counters are, and Vector prints them so.
void append_number(std::string& out, double value) {
  char text[40];
  const auto whole = static_cast<long long>(value);
  const bool is_whole = static_cast<double>(whole) == value;
  const int length =
      is_whole ? std::snprintf(text, sizeof text, "%lld", whole) : std::snprintf(text, sizeof text, "%.17g", value);
  out.append(text, static_cast<std::size_t>(length));
}

class Writer {
 public:
  Writer(const SeriesFilter& filter, std::int64_t timestamp_ms)
      : filter_(filter), tail_(" " + std::to_string(timestamp_ms) + "\n") {}

  /// Begins a family of `vector_<name>`; false where the filter holds it back.
  bool family(std::string_view name, std::string_view type) {
    name_.assign("vector_").append(name);
    if (!filter_.passes(name)) return false;
    head(name, type);
    return true;
  }
  void host_family(const HostMetric& metric) {
    if (name_ != metric.name) {
      name_ = metric.name;
      head(metric.name.substr(5), metric.type);
    }
  }
  void series(const std::string& labels, double value, std::string_view suffix = {}) {
    out_.append(name_).append(suffix).append("{").append(labels).append("} ");
    append_number(out_, value);
    out_ += tail_;
  }
  std::string take() { return std::move(out_); }
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  void head(std::string_view name, std::string_view type) {
    out_.append("# HELP ").append(name_).append(" ").append(name).append("\n");
    out_.append("# TYPE ").append(name_).append(" ").append(type).append("\n");
  }

  const SeriesFilter& filter_;
  std::string tail_;
  std::string name_;
  std::string out_;
};

std::string labels_of(const ComponentReading& component, std::string_view more = {}) {
  std::string labels = "component_id=\"" + component.id + "\",component_kind=\"" + component.kind +
                       "\",component_type=\"" + component.type + "\"";
  // Labels are sorted by name: those before "host" stand before it.
  if (more.starts_with("error_")) labels.append(",").append(more);
  labels += ",host=\"" + host_name() + "\"";
  if (!more.empty() && !more.starts_with("error_")) labels.append(",").append(more);
  return labels;
}

std::string protocol_of(const ComponentReading& component) {
  if (component.type == "internal_metrics") return "internal";
  if (component.type == "socket") return "tcp";
  if (component.type == "prometheus_exporter") return "http";
  return component.kind == "sink" ? component.type : "none";
}

using Components = std::vector<ComponentReading>;

void counters(Writer& writer, const Components& components) {
  const auto each = [&](std::string_view family, auto wanted, auto more, auto value) {
    if (!writer.family(family, "counter")) return;
    for (const auto& component : components) {
      if (wanted(component))
        writer.series(labels_of(component, more(component)), static_cast<double>(value(component)));
    }
  };
  const auto received = [](const auto& c) { return !c.only_sent && c.type != "host_metrics"; };
  const auto all = [](const auto&) { return true; };
  const auto source = [](const auto& c) { return c.kind == "source" && !c.only_sent; };
  const auto sink = [](const auto& c) { return c.kind == "sink"; };
  const auto nothing = [](const auto&) { return std::string(); };
  const auto output = [](const auto& c) { return std::string(c.kind == "sink" ? "" : "output=\"_default\""); };
  const auto protocol = [](const auto& c) { return "protocol=\"" + protocol_of(c) + "\""; };
  const auto events = [](const auto& c) { return c.events; };
  const auto bytes = [](const auto& c) { return c.bytes; };
  each("component_received_bytes_total", source, protocol, bytes);
  each("component_received_event_bytes_total", received, nothing, bytes);
  each("component_received_events_total", received, nothing, events);
  each("component_sent_bytes_total", sink, protocol, bytes);
  each("component_sent_event_bytes_total", all, output, bytes);
  each("component_sent_events_total", all, output, events);
}

void gauges(Writer& writer, const Components& components) {
  if (writer.family("component_latency_mean_seconds", "gauge")) {
    for (const auto& component : components) {
      if (component.kind == "transform") writer.series(labels_of(component), 0.00021630579493447976);
    }
  }
  if (writer.family("utilization", "gauge")) {
    for (const auto& component : components) {
      if (component.kind != "source") writer.series(labels_of(component), 0.0596);
    }
  }
  const auto buffers = [&](std::string_view family, double value) {
    if (!writer.family(family, "gauge")) return;
    for (const auto& component : components) {
      if (component.kind != "sink") continue;
      writer.series("buffer_id=\"" + component.id + "\",buffer_type=\"memory\"," + labels_of(component, "stage=\"0\""),
                    value);
    }
  };
  buffers("buffer_byte_size", 0);
  buffers("buffer_events", 0);
  buffers("buffer_max_event_size", 500);
  buffers("buffer_max_size_events", 500);
}

/// `standin.errors`: fixed numbers in several series each, so that a sum shows whether all were read. Per transform
/// 3 + 4 errors, per sink 2; per transform 5 discarded on purpose and 6 not.
void failures(Writer& writer, const Components& components, const ProcessReading& process, const Modes& modes) {
  const std::string host = "host=\"" + host_name() + "\"";
  const bool any =
      modes.errors || process.config_load_errors + process.topology_build_errors + process.global_options_errors > 0;
  if (any && writer.family("component_errors_total", "counter")) {
    const auto of_process = [&](const char* code, const std::string& reason, int count) {
      if (count == 0) return;
      writer.series("error_code=\"" + std::string(code) + "\",error_type=\"configuration_failed\"," + host + reason +
                        ",stage=\"processing\"",
                    count);
    };
    of_process("config_load", "", process.config_load_errors);
    of_process("reload", ",reason=\"topology_build_failed\"", process.topology_build_errors);
    of_process("reload", ",reason=\"global_options_changed\"", process.global_options_errors);
    for (const auto& component : components) {
      if (!modes.errors || component.kind == "source") continue;
      const auto series = [&](std::string_view type, std::string_view stage, double value) {
        std::string labels = labels_of(component, "error_type=\"" + std::string(type) + "\"");
        writer.series(labels + ",stage=\"" + std::string(stage) + "\"", value);
      };
      if (component.kind == "sink") {
        series("request_failed", "sending", 2);
      } else {
        series("conversion_failed", "processing", 3);
        series("parser_failed", "processing", 4);
      }
    }
  }
  if (writer.family("component_discarded_events_total", "counter")) {
    for (const auto& component : components) {
      const bool broken = modes.errors && component.kind == "transform";
      if (component.type == "filter" || broken) {
        writer.series(labels_of(component, "intentional=\"true\""), broken ? 5 : 0);
      }
      if (broken) writer.series(labels_of(component, "intentional=\"false\""), 6);
    }
  }
}

/// One histogram of the size that the real ones have; what makes an unfiltered exposition long.
void histogram(Writer& writer, const ComponentReading& component, const std::string& more) {
  double bound = 0.000244140625;
  for (int bucket = 0; bucket < 26; ++bucket, bound *= 2) {
    char le[48];
    std::snprintf(le, sizeof le, "le=\"%.12g\"", bucket == 25 ? 1e308 * 10 : bound);
    const std::string text = bucket == 25 ? "le=\"+Inf\"" : le;
    writer.series(labels_of(component, text + more), static_cast<double>(component.events), "_bucket");
  }
  writer.series(labels_of(component, more.empty() ? "" : more.substr(1)), static_cast<double>(component.events),
                "_sum");
  writer.series(labels_of(component, more.empty() ? "" : more.substr(1)), static_cast<double>(component.events),
                "_count");
}

void pad(Writer& writer, const Components& components, std::size_t wanted) {
  if (components.empty() || !writer.family("buffer_send_duration_seconds", "histogram")) return;
  for (int stage = 1; writer.size() < wanted; ++stage) {
    for (const auto& component : components) {
      if (writer.size() >= wanted) return;
      histogram(writer, component, ",stage=\"" + std::to_string(stage) + "\"");
    }
  }
}

}  // namespace

bool SeriesFilter::passes(std::string_view name) const {
  if (everything) return true;
  for (const auto& wanted : names) {
    if (name == wanted) return true;
  }
  bool prefix = prefixes.empty();
  for (const auto& wanted : prefixes) prefix = prefix || name.starts_with(wanted);
  bool suffix = suffixes.empty();
  for (const auto& wanted : suffixes) suffix = suffix || name.ends_with(wanted);
  return prefix && suffix && !(prefixes.empty() && suffixes.empty());
}

std::string exposition(const Components& components, const ProcessReading& process, const SeriesFilter& filter,
                       const Modes& modes, const Dialect& dialect) {
  static const SeriesFilter kEverything{};
  Writer writer(modes.exposition_unfiltered ? kEverything : filter, process.timestamp_ms);
  const std::string host = "host=\"" + host_name() + "\"";
  if (filter.host_metrics) {
    for (const auto& metric : kHostMetrics) {
      writer.host_family(metric);
      writer.series(std::string(metric.labels) + "," + host,
                    metric.value + (metric.grows ? process.uptime_seconds : 0));
    }
  }
  if (writer.family("build_info", "gauge")) {
    writer.series("arch=\"x86_64\",debug=\"false\"," + host + ",revision=\"\",rust_version=\"1.88\",version=\"" +
                      dialect.version + "\"",
                  1);
  }
  failures(writer, components, process, modes);
  counters(writer, components);
  gauges(writer, components);
  if (process.reloads > 0 && writer.family("reloaded_total", "counter")) writer.series(host, process.reloads);
  if (writer.family("started_total", "counter")) writer.series(host, 1);
  if (writer.family("uptime_seconds", "gauge"))
    writer.series(host, static_cast<double>(static_cast<long long>(process.uptime_seconds)));
  if (filter.everything || modes.exposition_unfiltered) {
    if (writer.family("component_received_events_count", "histogram")) {
      for (const auto& component : components) histogram(writer, component, "");
    }
    pad(writer, components, modes.exposition_kb * 1000);
  }
  return writer.take();
}

SeriesFilter filter_before(const Config& config, const Component& exporter) {
  SeriesFilter filter;
  std::vector<const Component*> todo = config.upstream(exporter);
  const auto quoted_after = [](const std::string& code, const std::string& what, std::vector<std::string>& to) {
    for (auto at = code.find(what); at != std::string::npos; at = code.find(what, at + 1)) {
      const auto open = code.find('"', at);
      const auto close = open == std::string::npos ? open : code.find('"', open + 1);
      if (close != std::string::npos) to.push_back(code.substr(open + 1, close - open - 1));
    }
  };
  for (std::size_t i = 0; i < todo.size() && i < config.components.size(); ++i) {
    const Component& component = *todo[i];
    filter.host_metrics = filter.host_metrics || component.type == "host_metrics";
    if (component.type == "filter") {
      filter.everything = false;
      quoted_after(component.code, "== \"", filter.names);
      quoted_after(component.code, "starts_with(", filter.prefixes);
      quoted_after(component.code, "ends_with(", filter.suffixes);
    }
    if (component.kind == Kind::transform) {
      for (const auto* before : config.upstream(component)) todo.push_back(before);
    }
  }
  return filter;
}

}  // namespace standin
