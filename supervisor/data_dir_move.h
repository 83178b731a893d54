// Moving what an older agent's Vectors left in the data_dir that they all shared (VF_VECTOR_DATA_DIR itself) into the
// pipeline's own directory (vector_data_dir.h). Blocking: on a worker, and before that pipeline's Vector is started,
// while none of it runs.
//
// - Once for each pipeline: a marker file in its directory, `.vf-agent-moved`, says that it was done and what became of
// it.
// - rename(2) and nothing else, marker last: an agent that is killed anywhere in between goes on there at its next
// start,
//   and no Vector was started on half of it. Modes and owners stay.
// - Nothing is overwritten, copied or removed.
// - What several pipelines claim stays where it is, for all of them. The first one must not take it: a checkpoint that
//   another pipeline wrote may be ahead of this one's (lines are skipped), and a buffer that another one filled would
//   go to this one's destination. Left behind, checkpoints cost duplicates (files are read again as `read_from` says),
//   and buffered events stay on disk, where a person who knows whose they are can move them.
// - What cannot be moved (a mount of its own, no permission, in use) stays too, and the pipeline starts without it: it
// is
//   told, with both paths.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/result.h"
#include "supervisor/vector_data_dir.h"

namespace vf::supervisor {

struct MoveReport {
  bool done_before = false;        ///< the marker was there: nothing was looked at
  std::vector<std::string> moved;  ///< places that are in the pipeline's own directory now
  std::vector<std::string> left;   ///< one sentence for each place that stays where it was: both paths, and why
};

/// Makes the pipeline's own directory, 0700. An Error says which option names the folder it would be in.
[[nodiscard]] Status make_own_data_dir(const std::string& root, std::string_view id);

/// Whether the move was done for this pipeline. Where it was, nobody need work out places.
[[nodiscard]] bool is_moved(const std::string& root, std::string_view id);

/// Makes the pipeline's own directory and moves `places` (places_left) less those in `claimed_by_others` (places_used
/// of every other wanted pipeline) there. An Error means that the Vector must not be started now and a later attempt
/// may succeed (disk full, read-only). `before_step` is called before each change to the disk, for tests that kill
/// there.
[[nodiscard]] Result<MoveReport> move_old_data(const std::string& root, std::string_view id, const Places& places,
                                               const Places& claimed_by_others,
                                               const std::function<void()>& before_step = {});

}  // namespace vf::supervisor
