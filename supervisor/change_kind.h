// ChangeKind: what must happen to a running Vector so that it runs another spec: nothing, a reload (SIGHUP), or a new
// process. Pure; parses both YAMLs where they differ: for big ones on a worker.
//
// A reload keeps buffers and sockets and costs milliseconds, but changes only what Vector builds anew from its files:
// its components. Environment and log level belong to the process; a certificate is read when the component that names
// it is built, and that one has not changed. Of the top-level keys
//   - sources, transforms, sinks, enrichment_tables are compared by Vector and built anew where they differ;
//   - tests, healthchecks, secret are read anew with each load;
//   - the global options (data_dir, timezone, log_schema, …) make Vector refuse the reload, whichever of them changed;
//   - schema and api are worse: the reload succeeds and what they say is not done.
// So every key but the first seven needs a restart. That holds for keys not known here too: they are global options of
// a Vector to come, or mistakes that Vector refuses before either is tried.
#pragma once

#include <string>

#include "supervisor/pipeline_spec.h"

namespace vf::supervisor {

struct Change {
  enum class Kind {
    none,     ///< it runs what is wanted; version, name and checksum may be others
    reload,   ///< only the YAML is another, and Vector can take it over
    restart,  ///< something is another that only a new process has
  };
  Kind kind = Kind::none;
  std::string why;  ///< "the secret DB_PASSWORD changed, the log level changed": names, never values; "" for none
};

/// The pipeline's own `api` section does not count where the agent takes it out (own_api.h). A `wanted` that is not
/// YAML is a reload: Vector refuses it in its own words and runs on. Where what runs is not YAML that can be read here,
/// what changed is not known, and a restart is always right. References (${VAR}) count by name.
[[nodiscard]] Change change_between(const PipelineSpec& runs, const PipelineSpec& wanted);

}  // namespace vf::supervisor
