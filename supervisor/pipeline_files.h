// Where a pipeline's files live below VF_DATA_DIR, and writing them. Everything is 0600 in directories of 0700: YAML
// and certificates hold secrets.
//
//   pipelines/<id>.yaml                   what the operator wrote, less an `api` section of its own
//   pipelines/<id>.yaml.vf-metrics.yaml   the sidecar
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
  std::string config, sidecar, standard_output, standard_error;
};

/// A file name for any id: [A-Za-z0-9_.-] as it is (but no leading '.'), all else as %XX; a name longer than 120 bytes
/// ends in a digest instead. Different ids have different names.
[[nodiscard]] std::string file_name_of(std::string_view id);

[[nodiscard]] PipelineFiles files_of(const std::string& data_dir, std::string_view id);

struct Written {
  bool own_api_taken_out = false;  ///< the YAML had an `api` section; the sidecar's replaces it
};

/// Writes what one process needs. Blocking: on a worker.
[[nodiscard]] Result<Written> write_pipeline(const std::string& data_dir, const PipelineSpec& spec, SidecarKind kind,
                                             PortPair ports);

/// Removes of certs/ the files `orphaned`, which nobody names. Blocking; returns what could not be removed, in words.
[[nodiscard]] std::vector<std::string> remove_certs(const std::string& data_dir, const std::set<std::string>& orphaned);

/// Removes a pipeline's files, and of certs/ the files `orphaned`, which nobody else names. Best effort: what could not
/// be removed is returned, in words. Blocking.
[[nodiscard]] std::vector<std::string> remove_pipeline(const std::string& data_dir, std::string_view id,
                                                       const std::set<std::string>& orphaned);

/// Removes below pipelines/, certs/ and logs/ what belongs to no pipeline in `ids` and is no certificate in `certs`;
/// an earlier run may have left it. Blocking; returns what could not be removed, in words.
[[nodiscard]] std::vector<std::string> remove_leftovers(const std::string& data_dir, const std::set<std::string>& ids,
                                                        const std::set<std::string>& certs);

}  // namespace vf::supervisor
