// What a folder of pipelines wants, from one scan to the next: the last good of each pipeline, what is refused, and the
// link. Pure: the outcome of a scan goes in, what the agent must hear comes out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/control/control_plane.h"
#include "agent/control/directory/directory_scan.h"
#include "supervisor/pipeline_spec.h"

namespace vf::agent {

struct KnownPipeline {
  std::shared_ptr<const PipelineFiles> wanted;   ///< the last good ones; null: never good, or gone
  std::shared_ptr<const PipelineFiles> refused;  ///< the newest ones, where they have a problem; else null
  std::int64_t version = 0;                      ///< of `wanted`; goes on counting when a pipeline was gone
  std::string checksum;                          ///< that `version` was counted up for
  bool has_env = false;                          ///< there is a .env with what is wanted
  bool doubtful = false;                         ///< the last scan missed a file that was there before
};

struct DirectoryState {
  std::map<std::string, KnownPipeline> pipelines;  ///< by NAME; those that are gone too
  LinkState link;
  bool answered = false;                        ///< a scan succeeded
  std::map<std::string, std::string> remarked;  ///< file name → what was said of it
};

struct Refusal {
  std::string id;
  std::string reason;  ///< "": it is refused no longer
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// What changed, for the listener; in this order.
struct DirectoryNews {
  std::optional<LinkState> link;
  std::optional<supervisor::DesiredState> desired;  ///< sorted by id; also where a first scan finds nothing to run
  std::vector<Refusal> refusals;
  std::vector<std::string> remarks;  ///< "FILE is not used: why", once for as long as that is so
  bool doubt = false;                ///< a file is missing: scan again soon, and only then believe it
};

/// - A pipeline with a problem stays wanted as it last was good; it is refused once per change of its files.
/// - A file that is gone is believed when a second scan misses it too, for editors put a file aside before they write
/// it
///   anew. Then a pipeline without YAML is wanted no longer, and one without .env has no secrets any more.
/// - A scan that failed leaves everything wanted as it was; the link is degraded with the reason.
/// - A pipeline's version counts the different good contents it had since the agent started, from 1.
[[nodiscard]] DirectoryNews take_in(DirectoryState& state, const DirectoryScan& scan);

}  // namespace vf::agent
