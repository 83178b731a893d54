// The bodies of POST /api/agent/tap-events. Wire: protocol.md, "Tap payload". Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tapper/tap_buffer.h"

namespace vf::agent::vectorflow {

/// Events in one post. The server takes 8 MiB; 1 MiB in each of the posts that its limit allows would carry 39 % of
/// 20,000 events of 250 bytes a second, this carries 58 %.
inline constexpr std::size_t most_tap_bytes = 1536 * 1024;

struct TapIds {
  std::string request_id, pipeline_id, component_id;
};

/// Where events were dropped there is one in their place that says so: {"vf_agent_dropped": 1234}.
[[nodiscard]] std::string encode_tap_events(const TapIds& ids, const tapper::TapBuffer::Batch& batch);
[[nodiscard]] std::string encode_tap_stopped(const TapIds& ids, std::string_view reason);
/// An event of the agent's own, for the person who watches: {"vf_agent_notice": "…"}.
[[nodiscard]] std::string tap_notice(std::string_view text);

}  // namespace vf::agent::vectorflow
