// ReadingsReport: the figures of pipelines as GET /readings has them. Collected on the loop; the processes are looked
// at and the JSON is made on a worker.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/vector_readings.h"

namespace vf::agent {

struct PipelineFigures {
  std::string id, name;
  std::uint64_t generation = 0;
  std::uint64_t restarts = 0;
  std::optional<pid_t> pid;
  std::chrono::seconds uptime{0};  ///< of the process
  std::optional<std::uint64_t> memory_bytes;
  std::optional<double> cpu_seconds;
  std::shared_ptr<const metrics::VectorReadings> readings;  ///< of this very process; null before the first scrape
  std::int64_t read_at = 0;                                 ///< milliseconds since 1970
};

/// Fills in memory and CPU time of the processes. Reads a file of /proc each: a worker's work.
void look_at_processes(std::vector<PipelineFigures>& pipelines);

/// `at`: milliseconds since 1970. Pure.
[[nodiscard]] std::string readings_json(const std::vector<PipelineFigures>& pipelines, std::int64_t at,
                                        bool with_components);

}  // namespace vf::agent
