// Heartbeat: what POST /api/agent/heartbeat tells, as a snapshot that a worker can encode without touching the loop's
// state. Wire: VectorFlow agent contract v1, heartbeat request.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/host_readings.h"
#include "metrics/vector_readings.h"
#include "supervisor/process_state.h"

namespace vf::agent::vectorflow {

struct HeartbeatPipeline {
  std::string id;
  std::int64_t version = 0;  ///< the version that really runs, or the one wanted where none runs
  std::string checksum;      ///< "" is left out; at most 128 bytes on the wire
  supervisor::ProcessState process = supervisor::ProcessState::waiting;
  std::optional<std::int64_t> pid;
  std::optional<std::chrono::seconds> uptime;
  std::shared_ptr<const metrics::VectorReadings> readings;  ///< null: nothing was scraped yet from this process
};

struct AgentHealth {
  std::uint64_t poll_errors_total = 0;
  std::uint64_t push_reconnects_total = 0;
  std::uint64_t heartbeat_errors_total = 0;
  bool push_connected = false;
  std::uint64_t pipelines_running = 0;
  double uptime_seconds = 0;
};

struct Heartbeat {
  std::vector<HeartbeatPipeline> pipelines;  ///< every pipeline the node was told to run, whatever became of it
  std::optional<metrics::HostReadings> host;
  std::string agent_version, vector_version;  ///< plain x.y.z; "" is left out
  std::string deployment_mode;                ///< STANDALONE, DOCKER or UNKNOWN
  std::string running_as;                     ///< user name; "" is left out
  std::string update_error;                   ///< clears the server's pending action; "" is left out
  std::map<std::string, std::string> labels;
  AgentHealth health;
  std::string sample_results;  ///< elements of `sampleResults` (sample_body.h); left out where they do not fit
};

}  // namespace vf::agent::vectorflow
