#include "supervisor/reconcile.h"

#include <set>

namespace vf::supervisor {

bool needs_new_process(const PipelineSpec& known, const PipelineSpec& wanted) {
  return known.checksum != wanted.checksum || known.config_yaml != wanted.config_yaml ||
         known.log_level != wanted.log_level || known.secrets != wanted.secrets || known.certs != wanted.certs;
}

Plan reconcile(DesiredState desired, const std::map<std::string, const PipelineSpec*>& known) {
  Plan plan;
  std::set<std::string> wanted_ids;
  for (PipelineSpec& wanted : desired.pipelines) {
    wanted_ids.insert(wanted.id);
    const auto found = known.find(wanted.id);
    if (found == known.end()) {
      plan.start.push_back(std::move(wanted));
    } else if (needs_new_process(*found->second, wanted)) {
      plan.change.push_back(std::move(wanted));
    } else if (found->second->version != wanted.version || found->second->name != wanted.name) {
      plan.relabel.push_back(std::move(wanted));
    }
  }
  wanted_ids.insert(desired.keep.begin(), desired.keep.end());
  if (desired.keep_absent) return plan;
  for (const auto& [id, spec] : known)
    if (!wanted_ids.contains(id)) plan.stop.push_back(id);
  return plan;
}

}  // namespace vf::supervisor
