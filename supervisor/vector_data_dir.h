// Where one pipeline's Vector keeps its state: checkpoints of its sources and disk buffers of its sinks. Vectors that
// share a data_dir overwrite each other's checkpoints and refuse to start on each other's buffers, so a pipeline whose
// YAML names none gets one of its own from the sidecar:
//
//   <VF_VECTOR_DATA_DIR>/pipelines/<file_name_of(id)>
//
// The folder between is there so that no pipeline's directory can be what an older agent's Vectors left below
// VF_VECTOR_DATA_DIR itself: a pipeline and somebody's source may well have one name. Pure; data_dir_move.h moves
// files.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace vf::supervisor {

/// The top-level `data_dir` of the pipeline's YAML, in block style as in flow style ({…}, JSON), as it is written
/// there: a ${VAR} stays one. Empty where it names none (or null), or where the text is no YAML: Vector's own words
/// will tell.
[[nodiscard]] std::optional<std::string> named_data_dir(std::string_view yaml);

[[nodiscard]] std::string own_data_dir(const std::string& root, std::string_view id);

/// Paths relative to a data_dir, as Vector lays them out (0.54 to 0.57 alike): "<source id>" with the checkpoints of a
/// file, journald or kubernetes_logs source, "buffer/v2/<sink id>" with the disk buffer of a sink.
using Places = std::set<std::string>;

/// What may have been left of this pipeline in a data_dir that it shared: the places of its components, less sources
/// with a `data_dir` of their own. Empty where the YAML names a data_dir, whose state is where it was.
[[nodiscard]] Places places_left(std::string_view yaml);

/// What this pipeline may have used below `root`, to tell whether others share it: as above, and where the YAML or a
/// source names `root` itself, or a ${VAR} which may be anything, that too.
[[nodiscard]] Places places_used(std::string_view yaml, std::string_view root);

}  // namespace vf::supervisor
