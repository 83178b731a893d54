// PushMessage: what one event of the push stream asks for. Wire: VectorFlow agent contract v1, "Push (SSE)".
// The `type` inside the JSON rules; the event name of the stream is advisory and not looked at.
//
// The agent's limits are kept here, so that nothing behind has to: ids and texts are bounded, a `limit` or `intervalMs`
// outside its range is clamped, component keys beyond the sixteenth are dropped and counted. Fields that are not known
// are ignored.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vf::push {

/// `config_changed`: poll now. Both fields are optional on the wire, and only told to people.
struct ConfigChanged {
  std::string pipeline_id;
  std::string reason;
  friend bool operator==(const ConfigChanged&, const ConfigChanged&) = default;
};

/// `sample_request`
struct SampleRequest {
  std::string request_id;
  std::string pipeline_id;
  std::vector<std::string> component_keys;  ///< 1..16
  std::size_t keys_dropped = 0;             ///< how many more the server asked for
  int limit = 1;                            ///< 1..1000 events for each component
  friend bool operator==(const SampleRequest&, const SampleRequest&) = default;
};

/// `tap_start`
struct TapStart {
  std::string request_id;
  std::string pipeline_id;
  std::string component_id;
  friend bool operator==(const TapStart&, const TapStart&) = default;
};

/// `tap_stop`
struct TapStop {
  std::string request_id;
  friend bool operator==(const TapStop&, const TapStop&) = default;
};

/// `action` with `action: "self_update"`. Nothing here has been verified yet.
struct SelfUpdate {
  std::string target_version;
  std::string download_url;
  std::string checksum;   ///< "sha256:<hex>" or bare hex
  std::string signature;  ///< base64; "" where there is none
  friend bool operator==(const SelfUpdate&, const SelfUpdate&) = default;
};

/// `action` with `action: "restart"`
struct RestartPipeline {
  std::string pipeline_id;
  friend bool operator==(const RestartPipeline&, const RestartPipeline&) = default;
};

/// `poll_interval`
struct SetPollInterval {
  std::chrono::milliseconds interval{};  ///< 1 s .. 1 h
  friend bool operator==(const SetPollInterval&, const SetPollInterval&) = default;
};

/// A type this agent does not know: log it once per name, then ignore it.
struct Unknown {
  std::string type;  ///< printable, at most 64 bytes; "action:<action>" for an action that is not known
  friend bool operator==(const Unknown&, const Unknown&) = default;
};

/// Not what the contract says: not JSON, a field missing, of the wrong type or beyond all bounds.
struct Malformed {
  std::string reason;  ///< for people; printable, bounded
  friend bool operator==(const Malformed&, const Malformed&) = default;
};

using PushMessage = std::variant<ConfigChanged, SampleRequest, TapStart, TapStop, SelfUpdate, RestartPipeline,
                                 SetPollInterval, Unknown, Malformed>;

inline constexpr std::size_t max_component_keys = 16;
inline constexpr std::size_t max_id_bytes = 256;  ///< ids, component keys and versions; a longer one is Malformed

/// Decodes the data of one event. Total: whatever the bytes are, one of the above comes back.
[[nodiscard]] PushMessage decode_push_message(std::string_view json);

}  // namespace vf::push
