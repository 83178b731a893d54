// Heartbeat to the body of POST /api/agent/heartbeat. Wire: VectorFlow agent contract v1, heartbeat request.
//
// One field that breaks the schema loses the whole heartbeat (400), and some that pass it lose the pipelines' statuses
// (500), so whatever the snapshot holds, the body passes:
// - Counts, bytes and uptimes are whole numbers of 0 .. 2^53-1 (json_writer.h says why); pid, version and a pipeline's
//   uptime end at 2^31-1.
// - A pid outside of 1 .. 2^31-1, and a gauge that is NaN or infinite, is left out; where the schema demands the
//   number, it is 0.
// - CPU seconds, load averages, utilization, latency and agentHealth.uptimeSeconds keep their fractions: the server
//   stores doubles.
// - What has nothing to say is left out, never null. Counters are left out while nothing was scraped: a 0 would read as
//   a reset.
// - Text is UTF-8 without NUL and cut at the limits, which count UTF-16 units: agentVersion, vectorVersion and
//   runningAs 100, updateError 500, configChecksum 128.
// - A pipeline without id cannot be told and is left out; so is a component without id or kind. An unknown deployment
//   mode is left out.
// Pure; 500 pipelines of 20 components take a few milliseconds: a worker's job.
#pragma once

#include <cstddef>
#include <string>

#include "agent/control/vectorflow/heartbeat.h"

namespace vf::agent::vectorflow {

/// The server's limit for any body, unless its operator set another; a 413 says which (`maxBytes`).
inline constexpr std::size_t largest_body = 8 * 1024 * 1024;

/// What a heartbeat had to leave out to stay within the limit; all zero is the rule.
struct LeftOut {
  std::size_t components_of_pipelines = 0;  ///< pipelines sent without their componentMetrics, the largest first
  bool details = false;       ///< sent no more than id, version and status of each pipeline, and nothing of the host
  std::size_t pipelines = 0;  ///< not sent at all: where even that was too much
  bool samples = false;       ///< the sample results
  friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

/// At most `max_bytes` long (which must be 8 KiB or more), every pipeline listed as long as that is possible at all.
[[nodiscard]] std::string encode_heartbeat(const Heartbeat& heartbeat, LeftOut* left_out = nullptr,
                                           std::size_t max_bytes = largest_body);

}  // namespace vf::agent::vectorflow
