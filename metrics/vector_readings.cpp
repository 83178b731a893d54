#include "metrics/vector_readings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <unordered_map>
#include <utility>

#include "metrics/counter.h"
#include "metrics/exposition.h"

namespace vf::metrics {
namespace {

enum class Series {
  received_events,
  sent_events,
  received_bytes,
  sent_bytes,
  received_event_bytes,
  sent_event_bytes,
  errors,
  discarded,
  latency_mean,
  utilization,
  reloads,
};

struct NamedSeries {
  std::string_view name;
  Series series;
};

constexpr std::array named_series = {
    NamedSeries{"component_received_events_total", Series::received_events},
    NamedSeries{"component_sent_events_total", Series::sent_events},
    NamedSeries{"component_received_bytes_total", Series::received_bytes},
    NamedSeries{"component_sent_bytes_total", Series::sent_bytes},
    NamedSeries{"component_received_event_bytes_total", Series::received_event_bytes},
    NamedSeries{"component_sent_event_bytes_total", Series::sent_event_bytes},
    NamedSeries{"component_errors_total", Series::errors},
    NamedSeries{"component_discarded_events_total", Series::discarded},
    NamedSeries{"component_latency_mean_seconds", Series::latency_mean},
    NamedSeries{"utilization", Series::utilization},
    NamedSeries{"component_utilization", Series::utilization},
    NamedSeries{"reloaded_total", Series::reloads},
};

std::optional<Series> series_of(std::string_view name) {
  constexpr std::string_view prefix = "vector_";
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  for (const NamedSeries& candidate : named_series) {
    if (candidate.name == name) return candidate.series;
  }
  return std::nullopt;
}

// The labels that are read, as written; absent ones are empty.
struct RawLabels {
  std::string_view id, kind, type, error_code;
};

RawLabels raw_labels(LabelBlock block) {
  RawLabels labels;
  for (Label label; block.next(label);) {
    if (label.name == "component_id") {
      labels.id = label.raw_value;
    } else if (label.name == "component_kind") {
      labels.kind = label.raw_value;
    } else if (label.name == "component_type") {
      labels.type = label.raw_value;
    } else if (label.name == "error_code") {
      labels.error_code = label.raw_value;
    }
  }
  return labels;
}

struct Component {
  ComponentReading reading;
  std::uint64_t received_event_bytes = 0;
  std::uint64_t sent_event_bytes = 0;
};

void add(std::uint64_t& counter, double value) {
  counter = add_counters(counter, to_counter(value));
}

// A number that is not finite has no form in JSON, so it is no reading.
void set(std::optional<double>& gauge, double value) {
  if (std::isfinite(value)) gauge = value;
}

void apply(Component& component, Series series, double value) {
  ComponentReading& reading = component.reading;
  switch (series) {
    case Series::received_events:
      return add(reading.received_events, value);
    case Series::sent_events:
      return add(reading.sent_events, value);
    case Series::received_bytes:
      return add(reading.received_bytes, value);
    case Series::sent_bytes:
      return add(reading.sent_bytes, value);
    case Series::received_event_bytes:
      return add(component.received_event_bytes, value);
    case Series::sent_event_bytes:
      return add(component.sent_event_bytes, value);
    case Series::errors:
      return add(reading.errors, value);
    case Series::discarded:
      return add(reading.discarded, value);
    case Series::latency_mean:
      return set(reading.latency_mean_seconds, value);
    case Series::utilization:
      return set(reading.utilization, value);
    case Series::reloads:
      return;  // of the process, taken before components are looked at
  }
}

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// Components by id, at most max_components of them.
class Components {
 public:
  Component* find_or_add(const RawLabels& labels) {
    const std::string_view id = unescape(labels.id, scratch_);
    if (const auto found = index_.find(id); found != index_.end()) return &components_[found->second];
    if (components_.size() == max_components) return nullptr;
    index_.emplace(id, components_.size());
    Component& added = components_.emplace_back();
    added.reading.id = id;
    added.reading.kind = unescape(labels.kind, scratch_);
    added.reading.type = unescape(labels.type, scratch_);
    return &added;
  }

  std::vector<ComponentReading> take() {
    std::vector<ComponentReading> readings;
    readings.reserve(components_.size());
    for (Component& component : components_) {
      ComponentReading& reading = component.reading;
      if (reading.received_bytes == 0) reading.received_bytes = component.received_event_bytes;
      if (reading.sent_bytes == 0) reading.sent_bytes = component.sent_event_bytes;
      readings.push_back(std::move(reading));
    }
    // Vector's own order changes from scrape to scrape.
    std::sort(readings.begin(), readings.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return readings;
  }

 private:
  std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> index_;
  std::vector<Component> components_;
  std::string scratch_;
};

PipelineTotals totals_of(const std::vector<ComponentReading>& components) {
  PipelineTotals totals;
  for (const ComponentReading& component : components) {
    if (component.kind == "source") {
      const bool events_received = component.received_events > 0;
      const bool bytes_received = component.received_bytes > 0;
      totals.events_in =
          add_counters(totals.events_in, events_received ? component.received_events : component.sent_events);
      totals.bytes_in = add_counters(totals.bytes_in, bytes_received ? component.received_bytes : component.sent_bytes);
    } else if (component.kind == "sink") {
      totals.events_out = add_counters(totals.events_out, component.sent_events);
      totals.bytes_out = add_counters(totals.bytes_out, component.sent_bytes);
    }
    totals.errors = add_counters(totals.errors, component.errors);
    totals.discarded = add_counters(totals.discarded, component.discarded);
    if (component.utilization) {
      totals.utilization = std::max(totals.utilization.value_or(*component.utilization), *component.utilization);
    }
  }
  return totals;
}

}  // namespace

VectorReadings read_vector(std::string_view exposition) {
  VectorReadings readings;
  Components components;
  ExpositionReader reader(exposition);
  while (reader.next()) {
    const auto series = series_of(reader.name());
    if (!series) continue;
    const auto sample = reader.sample();
    if (!sample) continue;
    if (*series == Series::reloads) {
      add(readings.reloads_total, sample->value);
      continue;
    }
    const RawLabels labels = raw_labels(sample->labels);
    if (labels.id.empty()) {
      const bool reload = labels.error_code == "config_load" || labels.error_code == "reload";
      if (*series == Series::errors && reload) add(readings.reload_errors_total, sample->value);
      continue;
    }
    if (labels.id.starts_with("vf_")) continue;
    if (Component* component = components.find_or_add(labels)) {
      apply(*component, *series, sample->value);
    } else {
      ++readings.unkept_samples;
    }
  }
  readings.components = components.take();
  readings.totals = totals_of(readings.components);
  readings.malformed_lines = reader.malformed();
  return readings;
}

}  // namespace vf::metrics
