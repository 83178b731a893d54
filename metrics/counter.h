// What a counter is on the wire: a whole number of 0 .. 2^63-1, because the server stores it as a signed 64-bit integer
// and loses the whole row for anything above (protocol.md, "What the running server does beyond the schema").
#pragma once

#include <cstdint>
#include <limits>

namespace vf::metrics {

inline constexpr std::uint64_t counter_max = std::numeric_limits<std::int64_t>::max();

/// The whole part of `value`, clamped to [0, counter_max]; NaN is 0.
[[nodiscard]] constexpr std::uint64_t to_counter(double value) {
  constexpr double limit = 9223372036854775808.0;  // 2^63, the first double above counter_max
  if (!(value > 0)) return 0;
  return value >= limit ? counter_max : static_cast<std::uint64_t>(value);
}

/// a + b, staying at counter_max instead of passing it.
[[nodiscard]] constexpr std::uint64_t add_counters(std::uint64_t a, std::uint64_t b) {
  if (a >= counter_max || b >= counter_max - a) return counter_max;
  return a + b;
}

/// a * b, staying at counter_max instead of passing it.
[[nodiscard]] constexpr std::uint64_t scale_counter(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > counter_max / b ? counter_max : a * b;
}

}  // namespace vf::metrics
