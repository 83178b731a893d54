// An exposition of about 94 kB as the full sidecar gives it: a few series that the agent reads among histogram buckets
// and host figures that it does not. For tests and benches; the lines have the shape of recorded ones.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace vf::metrics::test {

struct GeneratedExposition {
  std::string text;
  std::size_t samples = 0;
  std::size_t interesting = 0;
};

inline GeneratedExposition generate_exposition(std::size_t bytes = 94'000) {
  struct Kind {
    std::string_view id, kind, type;
  };
  constexpr std::array components = {Kind{"demo", "source", "demo_logs"}, Kind{"parse", "transform", "remap"},
                                     Kind{"only_ok", "transform", "filter"}, Kind{"hole", "sink", "blackhole"}};
  constexpr std::array interesting = {"component_received_events_total",
                                      "component_sent_events_total",
                                      "component_received_event_bytes_total",
                                      "component_sent_event_bytes_total",
                                      "component_errors_total",
                                      "component_discarded_events_total",
                                      "component_latency_mean_seconds",
                                      "utilization"};
  constexpr std::array buckets = {"component_received_events_count_bucket", "source_lag_time_seconds_bucket",
                                  "source_buffer_utilization_bucket", "buffer_send_duration_seconds_bucket"};

  GeneratedExposition made;
  const auto line = [&](std::string_view name, const Kind& component, std::string_view more, std::string_view value) {
    made.text.append("vector_").append(name);
    made.text.append("{component_id=\"").append(component.id);
    made.text.append("\",component_kind=\"").append(component.kind);
    made.text.append("\",component_type=\"").append(component.type);
    made.text.append("\",host=\"vm\"").append(more).append("} ").append(value).append(" 1795252050218\n");
    ++made.samples;
  };
  for (const std::string_view name : interesting) {
    made.text.append("# HELP vector_").append(name).append(" ").append(name);
    made.text.append("\n# TYPE vector_").append(name).append(" counter\n");
    for (const Kind& component : components) {
      line(name, component, ",output=\"_default\"", "1001");
      ++made.interesting;
    }
  }
  for (std::size_t i = 0; made.text.size() < bytes; ++i) {
    if (i % 4 == 3) {
      made.text.append(
          "host_network_receive_bytes_total{collector=\"network\",device=\"eth0\",host=\"vm\"} 842262859 1\n");
      ++made.samples;
    } else {
      const std::string le = ",le=\"0.000244140625\",output=\"_default\"";
      line(buckets[i % buckets.size()], components[i / 7 % components.size()], le, std::to_string(i));
    }
  }
  return made;
}

}  // namespace vf::metrics::test
