// What Vector's prometheus_exporter says: the shapes are those of real Vectors (names, labels, timestamps), the numbers
// follow the components' event counts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/standin_vector/config.h"

namespace standin {

/// One component at the time of the snapshot.
struct ComponentReading {
  std::string id;
  std::string kind;
  std::string type;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  /// Sources such as docker_logs, and a socket that has not read yet, have only their sent counters.
  bool only_sent = false;
};

/// What the process as a whole has counted.
struct ProcessReading {
  std::int64_t timestamp_ms = 0;
  double uptime_seconds = 0;
  int reloads = 0;
  int config_load_errors = 0;
  int topology_build_errors = 0;
  int global_options_errors = 0;
};

/// Which series reach one exporter: all, or what the `filter` transforms before it let through.
struct SeriesFilter {
  bool everything = true;
  bool host_metrics = false;
  std::vector<std::string> names;     ///< n == "x"
  std::vector<std::string> prefixes;  ///< starts_with(n, "x")
  std::vector<std::string> suffixes;  ///< ends_with(n, "x"); with prefixes: both must hold

  [[nodiscard]] bool passes(std::string_view name) const;
};

/// Reads the conditions of the filters between the internal metrics and `exporter`.
SeriesFilter filter_before(const Config& config, const Component& exporter);

std::string exposition(const std::vector<ComponentReading>& components, const ProcessReading& process,
                       const SeriesFilter& filter, const Modes& modes, const Dialect& dialect);

}  // namespace standin
