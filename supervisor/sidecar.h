// Sidecar: the second configuration file each Vector gets, `<config>.vf-metrics.yaml`: what the agent needs to see it.
#pragma once

#include <string>

#include "supervisor/port_pairs.h"

namespace vf::supervisor {

enum class SidecarKind {
  lean,  ///< only the series the agent reads, every 5 s; host figures are the agent's own business
  full,  ///< internal_metrics and host_metrics as they are
};

/// The sidecar's YAML. Its components are vf_internal_metrics, vf_metrics_exporter and, by kind, vf_metrics_filter or
/// vf_host_metrics; the exporter listens on the pair's metrics port of 127.0.0.1, the API on the other.
[[nodiscard]] std::string sidecar_yaml(SidecarKind kind, PortPair ports, const std::string& vector_data_dir = "");

}  // namespace vf::supervisor
