// What a folder of pipelines says at one moment: each NAME.yaml is a pipeline, an optional NAME.env its secrets.
// Blocks on files: for a worker, never the loop. What to make of it is directory_state.h's business.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "supervisor/result.h"

namespace vf::agent {

/// What changes when a file does; a symbolic link stands for the file it leads to.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  mode_t mode = 0;
  off_t size = 0;
  std::int64_t modified_ns = 0;  ///< mtime, since the epoch
  std::int64_t changed_ns = 0;   ///< ctime, since the epoch
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// What the files of one pipeline hold. Made once, shared by the scans that find it unchanged.
struct PipelineFiles {
  std::string problem;   ///< "file:line:column: reason", or a sentence; "": there is none, and what follows is good
  std::string checksum;  ///< content_checksum.h; with a problem: of what could be read
  std::string config_yaml;
  std::map<std::string, std::string> secrets;
  friend bool operator==(const PipelineFiles&, const PipelineFiles&) = default;
};

struct ScannedPipeline {
  std::shared_ptr<const PipelineFiles> files;  ///< never null
  /// As they were before `files` was read; nothing where that file could not be looked at.
  std::optional<FileStamp> yaml, env;
  /// Changed so shortly before it was read that another change may have left the stamps as they are: read again.
  bool fresh = false;
};

struct DirectoryScan {
  std::optional<Error> error;  ///< the folder could not be read; the rest is empty and says nothing
  std::map<std::string, ScannedPipeline> pipelines;  ///< by NAME
  std::map<std::string, std::string> remarks;        ///< file name → why it is not used; for people
  std::size_t opened = 0;                            ///< how many files had to be opened
};

/// Reads what is new or changed since `before`, by the files' stamps; takes the rest over. A file above 8 MiB, one that
/// is no regular file or link to one, a YAML that does not parse (yaml_check.h) and a .env that does not (env_file.h)
/// or that others may read are problems of their pipeline. A .env must not give group or others any permission; in a
/// mounted Kubernetes volume (a link into ..data, where chmod is not possible and fsGroup always adds group read) only
/// others must not have any.
/// `now` is the time of the call, by the clock that files are stamped with.
[[nodiscard]] DirectoryScan scan_directory(const std::string& path, const DirectoryScan& before,
                                           std::chrono::system_clock::time_point now);

}  // namespace vf::agent
