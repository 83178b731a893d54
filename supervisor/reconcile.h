// Reconcile: from what is wanted and what is known to what must be done. Pure.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "supervisor/pipeline_spec.h"

namespace vf::supervisor {

struct Plan {
  std::vector<PipelineSpec> start;    ///< not known yet
  std::vector<PipelineSpec> change;   ///< known, and what runs is not what is wanted
  std::vector<PipelineSpec> relabel;  ///< known and running as wanted; only its version or name is another
  std::vector<std::string> stop;      ///< known, not wanted any more

  [[nodiscard]] bool empty() const { return start.empty() && change.empty() && relabel.empty() && stop.empty(); }
};

/// Whether `wanted` needs another process than `known` got. The checksum is an opaque token: where it differs that is
/// enough; where it does not (or is empty), content decides. Version and name never do.
[[nodiscard]] bool needs_new_process(const PipelineSpec& known, const PipelineSpec& wanted);

/// `known` holds the specs last asked for of all pipelines that are wanted now (not of those being stopped).
[[nodiscard]] Plan reconcile(DesiredState desired, const std::map<std::string, const PipelineSpec*>& known);

}  // namespace vf::supervisor
