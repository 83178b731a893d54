// What the agent remembers of one pipeline across its own restarts: what was wanted, what ran well, what was refused
// and the process. One JSON object, the body of a sealed file of kind "pipeline". Pure codec.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "supervisor/pipeline_spec.h"
#include "supervisor/process_record.h"
#include "supervisor/result.h"

namespace vf::agent::state {

inline constexpr std::string_view pipeline_kind = "pipeline";  ///< of the sealed file

/// A version that did not come to run; held until it, or the Vector binary, changes.
struct RefusedVersion {
  std::string checksum;
  std::int64_t version = 0;
  std::string reason;
  std::string vector_version;  ///< of the Vector that refused it; more exactly, its identity (agent/vector_binary.h)
  friend bool operator==(const RefusedVersion&, const RefusedVersion&) = default;
};

/// Certificates: empty bytes mean "as the file in VF_DATA_DIR/certs/ is". Nobody may write a file from them.
struct PipelineRecord {
  supervisor::PipelineSpec wanted;               ///< its id is not ""
  std::optional<supervisor::PipelineSpec> good;  ///< the last version that ran healthy for long enough; same id
  std::optional<supervisor::PipelineSpec> runs;  ///< what it had to run when this was saved, where that is neither
  std::optional<RefusedVersion> refused;
  std::optional<supervisor::ProcessRecord> process;
  std::uint64_t starts = 0;  ///< of its processes, over all agents
  /// It had secrets that were not kept: its `secrets` are empty and it must not be started so. Certificates do not
  /// count, they lie in VF_DATA_DIR/certs/ anyway. `good_lacks_secrets` is false where there is no `good`.
  bool wanted_lacks_secrets = false, good_lacks_secrets = false, runs_lacks_secrets = false;
  friend bool operator==(const PipelineRecord&, const PipelineRecord&) = default;
};

/// Takes out what is written with VF_PERSIST_SECRETS only: secrets (names too) and the certificates' bytes. Sets
/// `*_lacks_secrets` where there were secrets. Returns whether anything was taken out.
bool drop_secrets(PipelineRecord& record);

/// Any bytes come back as they were: text that is not UTF-8 is kept as base64. Without `keep_secrets` it is what
/// drop_secrets() leaves that is encoded. Numbers that decoding refuses (see there) must not be given.
[[nodiscard]] std::string encode(const PipelineRecord& record, bool keep_secrets);

/// The Error's `reason` names the field that is missing or wrong. Refused: ids that are empty or differ, versions and
/// times below 0, a pid below 1, ports outside of 1 .. 65535, a certificate's name that is more than a plain file name,
/// a secret's name that no environment variable can have. Members that are not known are ignored.
[[nodiscard]] Result<PipelineRecord> decode_pipeline_record(std::string_view body);

}  // namespace vf::agent::state
