// StateDir: what the agent remembers across its own restarts, below VF_DATA_DIR/state/. Sealed files (sealed_file.h) of
// 0600 in folders of 0700:
//
//   desired                    a desired state, be it an empty one, was saved to its end
//   deaths                     the last deaths
//   pipelines/<file>.state     one pipeline; <file> is file_name_of(id) of supervisor/pipeline_files.h
//   pipelines/<file>.live      the same, newer: not synced to the disk, so it may be torn after the host's crash, when
//                              the .state file counts
//   broken/<name>.<n>          what could not be used (broken_files.h)
//
// Everything blocks: on a worker, and on one at a time. load() comes first.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/state/deaths.h"
#include "agent/state/pipeline_record.h"
#include "supervisor/result.h"

namespace vf::agent::state {

struct LoadedState {
  std::vector<PipelineRecord> pipelines;  ///< by id; ids are unique
  /// A desired state was once saved to its end. Records without it are of one that was not.
  bool known = false;
  Deaths deaths;
  /// What could not be used, in words, each with where it is now; shown to a person. Where it is not empty a pipeline
  /// that was wanted may be missing from `pipelines`.
  std::vector<std::string> problems;
};

class StateDir {
 public:
  static constexpr std::size_t largest_file = 64U << 20;  ///< bytes; a larger one is broken, and is not written

  /// Touches nothing. Without `keep_secrets` none are written, and those an earlier run kept are not used.
  StateDir(std::string data_dir, bool keep_secrets);

  /// Never fails: a file that is torn, damaged, newer, foreign (also: under a name that is not its id's) or not even a
  /// file is moved aside and told. Where the system is at fault (no descriptors, no memory) it is told and stays. Files
  /// of writes that a crash cut short are removed.
  [[nodiscard]] LoadedState load();

  /// Atomic, and on the disk when it returns.
  [[nodiscard]] Status save_pipeline(const PipelineRecord& record);
  /// The same without syncing: survives the agent's death, not the host's, which leaves what save_pipeline wrote last.
  /// Is a save_pipeline where nothing was saved before, or secrets that are not to be kept are in what was.
  [[nodiscard]] Status save_process(const PipelineRecord& record);
  /// One that was never saved is no error.
  [[nodiscard]] Status remove_pipeline(const std::string& id);
  /// After every pipeline of the first desired state was saved.
  [[nodiscard]] Status save_known();
  [[nodiscard]] Status save_deaths(const Deaths& deaths);

 private:
  [[nodiscard]] Status make_folders() const;
  [[nodiscard]] std::string path_of(const std::string& id, std::string_view suffix) const;

  std::string data_dir_;
  std::string folder_;     // state/
  std::string pipelines_;  // state/pipelines/
  bool keep_secrets_;
  std::set<std::string> with_secrets_;  // ids whose .state file has secrets that are not to be kept
};

}  // namespace vf::agent::state
