// Certificate paths in a pipeline's YAML. The server writes the fixed prefix /var/lib/vf-agent/certs/ whatever
// VF_DATA_DIR is; an agent with another data directory must make those paths work.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/pipeline_spec.h"

namespace vf::agent::vectorflow {

inline constexpr std::string_view server_data_dir = "/var/lib/vf-agent";

/// `yaml` with /var/lib/vf-agent/certs/<filename> turned into <data_dir>/certs/<filename> for exactly the file names of
/// `certs`, where the path stands by itself: not as the tail of a longer path, not where the name goes on. Every other
/// byte stays. The same text where `data_dir` is /var/lib/vf-agent.
/// `data_dir` is absolute and must not need quoting in YAML (the server writes paths into double quotes).
[[nodiscard]] std::string relocate_certs(std::string_view yaml, std::string_view data_dir,
                                         const std::vector<supervisor::CertFile>& certs);

}  // namespace vf::agent::vectorflow
