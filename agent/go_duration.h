// Durations as Go writes them (time.ParseDuration, Duration.String): what operators of the agent before this one
// already have in their VF_* variables. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::agent {

/// Accepts and refuses what time.ParseDuration does (save two times 2^63 ns, which wraps to 0 there): an optional sign,
/// then one or more numbers with a unit (ns, us, µs, ms, s, m, h), each with an optional fraction, as in "1m30s",
/// "1.5h" or "-250ms"; or "0". At most about 292 years. A sign is Go's too: a caller for whom a negative duration makes
/// no sense refuses it by its own range. `reason` of the error tells an operator what to change ("add a unit, as in
/// 5s").
[[nodiscard]] Result<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

/// As Duration.String: "1m30s", "250ms", "1h0m0s", "0s". parse_go_duration gives the same duration back.
[[nodiscard]] std::string format_go_duration(std::chrono::nanoseconds duration);

}  // namespace vf::agent
