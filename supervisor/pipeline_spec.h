// What a control plane wants of one pipeline, in the words every dialect is translated into.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vf::supervisor {

/// A certificate or key that the pipeline's YAML names by path.
struct CertFile {
  std::string filename;  ///< one path component, checked by who decodes it: no '/', not "." or ".."
  std::string bytes;     ///< decoded content; secret
  friend bool operator==(const CertFile&, const CertFile&) = default;
};

struct PipelineSpec {
  std::string id;            ///< opaque; the key everywhere. Not safe as a file name: see pipeline_files.h
  std::string name;          ///< for people
  std::int64_t version = 0;  ///< >= 0, shown and reported, never compared to decide anything
  std::string checksum;      ///< opaque change token of YAML and secrets (VectorFlow: lowercase hex SHA-256; may be "")
  std::string config_yaml;   ///< Vector's configuration, as the operator wrote it
  std::string log_level;     ///< becomes VECTOR_LOG; "" means Vector's own default
  std::map<std::string, std::string> secrets;  ///< environment variables of this pipeline's Vector only
  std::vector<CertFile> certs;
  friend bool operator==(const PipelineSpec&, const PipelineSpec&) = default;
};

/// Everything this node must run. What is absent must not run.
struct DesiredState {
  std::vector<PipelineSpec> pipelines;  ///< ids are unique
  /// Wanted too, in a version that could not be understood: what runs of these stays as it is. None is in `pipelines`.
  std::vector<std::string> keep;
  /// Something in the wish was too broken to say which pipeline it was: nothing is stopped for being absent.
  bool keep_absent = false;
};

}  // namespace vf::supervisor
