// What `vf-agent inspect` prints: YAML, and what else is known as comments in it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/result.h"

namespace vf::agent {

/// From what GET /pipelines/{p}/inspect answers: two YAML documents, the pipeline's own and the sidecar.
[[nodiscard]] Result<std::string> inspect_text(std::string_view json);

/// The same answer without the texts of the YAML and the sidecar, which may hold what nobody knows to be a secret.
[[nodiscard]] Result<std::string> without_yaml(std::string_view json);

/// Ids of its components; none where the answer is something else.
[[nodiscard]] std::vector<std::string> component_ids(std::string_view json);

}  // namespace vf::agent
