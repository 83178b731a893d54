// The answer to GET /api/agent/config, decoded and checked. Wire: VectorFlow agent contract v1, config response.
//
// A pipeline that cannot be understood is refused alone and named, so that its last good version can go on; the others
// are applied. An answer from which it does not follow what must run is an error as a whole: nothing may be stopped for
// it.
//
// Pure; parses megabytes and hashes every configuration, so it belongs on a worker.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/pipeline_spec.h"
#include "supervisor/result.h"

namespace vf::agent::vectorflow {

/// A pipeline that must run here, in a version we cannot use.
struct Refusal {
  std::string id;
  std::string name;          ///< the id where it has no readable name
  std::int64_t version = 0;  ///< 0 where it has no readable one
  std::string reason;  ///< names pipeline and field, as in `pipeline edge (cm1x): certFiles[0].data is not base64`
};

/// Somebody asked for a few events of some components. Repeated by the server until it has a result.
struct SampleRequest {
  std::string request_id;
  std::string pipeline_id;
  std::vector<std::string> component_keys;  ///< as many as were asked for; the sampler takes its 16
  std::int64_t limit = 1;                   ///< events, 1..1000
};

/// What the server wants of the agent itself. Only self_update exists.
struct PendingAction {
  std::string type;  ///< "self_update"
  std::string target_version;
  std::string download_url;
  std::string checksum;   ///< "sha256:<hex>" or bare hex, unchecked
  std::string signature;  ///< base64; "" where the server sent none
};

struct ConfigResponse {
  supervisor::DesiredState desired;  ///< what can be applied, in the server's order
  std::vector<Refusal> refusals;     ///< ids are unique and none of them is in `desired`
  /// Entries whose id could not be read. Where it is not 0, a pipeline that is absent may be one of them: stop nothing
  /// for its absence.
  std::size_t unidentified = 0;
  std::optional<std::chrono::milliseconds> poll_interval;  ///< 1 s .. 1 h; nothing: keep what was there
  std::string push_url;                                    ///< "" for none; printable ASCII, otherwise unchecked
  std::vector<SampleRequest> sample_requests;
  std::optional<PendingAction> pending_action;
  std::vector<std::string> warnings;  ///< one line each; every poll repeats them, so log one when it is new
};

/// - Unknown fields are ignored; null is the same as absent.
/// - A pipeline needs `pipelineId` (1..255 bytes, no NUL) and `configYaml`. Refused is one with a field of the wrong
///   type, a NUL in a text, a secret whose name is no environment variable ([A-Za-z_][A-Za-z0-9_]*) or that is too long
///   for one, or a certificate whose data is not base64 or whose file name is not one plain path component.
/// - Of several entries with one id the first counts, the others are a warning.
/// - `version` is clamped to 0 .. 2^31-1, which is what the heartbeat may carry.
/// - `checksum` is opaque. One that has the form of a SHA-256 and is not that of the configuration is only a warning.
/// - An unpaired surrogate, which no UTF-8 can carry, becomes U+FFFD, with a warning.
/// - Errors: not JSON, or no `pipelines` array. An empty array is a legal wish: nothing runs (maintenance).
[[nodiscard]] Result<ConfigResponse> decode_config(std::string_view body);

}  // namespace vf::agent::vectorflow
