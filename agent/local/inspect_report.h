// InspectReport: what one pipeline runs, as GET /pipelines/{p}/inspect has it, without the values of its secrets. Pure;
// parses YAML of any size: a worker's work.
#pragma once

#include <string>

#include "supervisor/pipeline_files.h"
#include "supervisor/pipeline_spec.h"
#include "supervisor/supervisor.h"

namespace vf::agent {

[[nodiscard]] std::string inspect_json(const supervisor::PipelineSpec& spec, const supervisor::PipelineStatus& status,
                                       const supervisor::FileRules& rules);

}  // namespace vf::agent
