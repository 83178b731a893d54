// Where a pipeline's files live below VF_DATA_DIR, and writing them. Everything is 0600 in directories of 0700: YAML
// and certificates hold secrets.
//
//   pipelines/<id>.yaml                   what the operator wrote, less an `api` section of its own
//   pipelines/<id>.yaml.vf-metrics.yaml   the sidecar
//   staged/<id>.yaml, …vf-metrics.yaml    the same two of a wish that is being checked; renamed once it is accepted
//   certs/<filename>                      certificates and keys that the YAML names by path
//   logs/<id>.stdout, logs/<id>.stderr    what Vector prints, followed and trimmed by the agent
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/pipeline_spec.h"
#include "supervisor/port_pairs.h"
#include "supervisor/result.h"
#include "supervisor/sidecar.h"

namespace vf::supervisor {

struct PipelineFiles {
  std::string config, sidecar, staged_config, staged_sidecar, standard_output, standard_error;
};

/// A file name for any id: [A-Za-z0-9_.-] as it is (but no leading '.'), all else as %XX; a name longer than 120 bytes
/// ends in a digest instead. Different ids have different names.
[[nodiscard]] std::string file_name_of(std::string_view id);

[[nodiscard]] PipelineFiles files_of(const std::string& data_dir, std::string_view id);

/// What the sidecar says beside the ports.
struct FileRules {
  SidecarKind sidecar = SidecarKind::lean;
  std::string
      vector_data_dir;  ///< below it each pipeline that names no data_dir gets its own; "" leaves that to Vector
};

struct Written {
  bool own_api_taken_out = false;  ///< the YAML had an `api` section; the sidecar's replaces it
};

/// Writes what one process needs. Blocking: on a worker.
[[nodiscard]] Result<Written> write_pipeline(const std::string& data_dir, const PipelineSpec& spec,
                                             const FileRules& rules, PortPair ports);

/// Writes what a process would need, beside what there is; certificates where they belong, as the YAML names them
/// there. Blocking: on a worker.
[[nodiscard]] Result<Written> stage_pipeline(const std::string& data_dir, const PipelineSpec& spec,
                                             const FileRules& rules, PortPair ports);

/// Puts what was staged last in its place: needs no space, and a reader sees each file whole. Blocking: on a worker.
[[nodiscard]] Status place_staged(const std::string& data_dir, std::string_view id);

/// Removes of certs/ the files `orphaned`, which nobody names. Blocking; returns what could not be removed, in words.
[[nodiscard]] std::vector<std::string> remove_certs(const std::string& data_dir, const std::set<std::string>& orphaned);

/// Removes a pipeline's files, and of certs/ the files `orphaned`, which nobody else names. Best effort: what could not
/// be removed is returned, in words. Blocking.
[[nodiscard]] std::vector<std::string> remove_pipeline(const std::string& data_dir, std::string_view id,
                                                       const std::set<std::string>& orphaned);

/// Removes below pipelines/, staged/, certs/ and logs/ what belongs to no pipeline in `ids` and is no certificate in
/// `certs`; an earlier run may have left it. Blocking; returns what could not be removed, in words.
[[nodiscard]] std::vector<std::string> remove_leftovers(const std::string& data_dir, const std::set<std::string>& ids,
                                                        const std::set<std::string>& certs);

}  // namespace vf::supervisor
