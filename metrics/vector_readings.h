// VectorReadings: what one Vector's exposition says about its components and about the pipeline as a whole.
// Rules: protocol.md, "Vector, facts that matter to its manager"; wire: heartbeat, `pipelines[]` and
// `componentMetrics[]`. Pure; an exposition of 94 kB takes some tens of microseconds (tests/bench), a hostile one of
// megabytes takes milliseconds: call it on a worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vf::metrics {

/// More components than this in one pipeline are not kept; samples of the others are counted as unkept.
inline constexpr std::size_t max_components = 4096;

/// Counters are cumulative since that Vector started, at most 2^63-1, summed over all series of the component (outputs,
/// protocols, error types, reasons). Gauges are Vector's own latest, absent where it gave none or no finite one.
struct ComponentReading {
  std::string id;    ///< component_id; never starts with "vf_", those are the agent's own
  std::string kind;  ///< source, transform or sink
  std::string type;  ///< as in demo_logs, remap
  std::uint64_t received_events = 0;
  std::uint64_t sent_events = 0;
  /// Bytes on the wire (component_*_bytes_total) or, where Vector counts none, the size of the events
  /// (component_*_event_bytes_total): transforms, demo_logs and others have only that.
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t errors = 0;
  std::uint64_t discarded = 0;  ///< by intent (a filter) too: what is not sent on
  std::optional<double> latency_mean_seconds;
  std::optional<double> utilization;  ///< 0..1: busy part of the time
};

struct PipelineTotals {
  /// Sums over the sources of what they received or, where that is absent or zero (docker_logs), of what they sent.
  std::uint64_t events_in = 0, bytes_in = 0;
  /// Sums over the sinks of what they sent.
  std::uint64_t events_out = 0, bytes_out = 0;
  /// Sums over all components.
  std::uint64_t errors = 0, discarded = 0;
  std::optional<double> utilization;  ///< the busiest component's
};

struct VectorReadings {
  std::vector<ComponentReading> components;  ///< sorted by id
  PipelineTotals totals;
  std::uint64_t reloads_total = 0;        ///< of the process: reloads that succeeded
  std::uint64_t reload_errors_total = 0;  ///< of the process: refused ones (error_code config_load or reload)
  std::uint64_t malformed_lines = 0;      ///< lines that break the format, of those looked at (exposition.h)
  std::uint64_t unkept_samples = 0;       ///< samples of components beyond max_components
};

[[nodiscard]] VectorReadings read_vector(std::string_view exposition);

}  // namespace vf::metrics
