// Node: what this host is, and what the agent knows about it, as a control plane may tell it to its server.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/host_readings.h"
#include "metrics/vector_readings.h"
#include "supervisor/supervisor.h"

namespace vf::agent {

/// Does not change while the agent runs.
struct NodeIdentity {
  std::string hostname;
  std::string os;               ///< <os>/<arch> in Go's spelling: linux/amd64, linux/arm64
  std::string deployment_mode;  ///< STANDALONE or DOCKER
  std::string running_as;       ///< user name, or the uid where it has none
  std::map<std::string, std::string> labels;  ///< vf.io/… found out, and VF_NODE_LABELS, which win
};

/// Looks at the host. Short file reads; called once at start.
[[nodiscard]] NodeIdentity identify_node(const std::map<std::string, std::string>& own_labels);

/// What changes. Loop's thread.
class NodeView {
 public:
  virtual ~NodeView() = default;
  [[nodiscard]] virtual std::vector<supervisor::PipelineStatus> statuses() const = 0;
  /// Whether statuses() lists all that was wanted here before the control plane spoke; not where what was remembered of
  /// it was damaged, nor before it was read.
  [[nodiscard]] virtual bool remembers_all() const = 0;
  /// The newest readings of that very process; null where there are none.
  [[nodiscard]] virtual std::shared_ptr<const metrics::VectorReadings> readings(const std::string& pipeline_id,
                                                                                std::uint64_t generation) const = 0;
  [[nodiscard]] virtual std::optional<metrics::HostReadings> host() const = 0;
  /// Of the vector binary, as in 0.54.0; "" while unknown.
  [[nodiscard]] virtual std::string vector_version() const = 0;
};

}  // namespace vf::agent
