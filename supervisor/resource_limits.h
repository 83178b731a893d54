// What one pipeline may use of the host, as an operator writes it and as cgroup v2 takes it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::supervisor {

struct ResourceLimits {
  std::optional<std::uint64_t> memory_bytes;      ///< memory.max
  std::optional<std::uint64_t> cpu_microseconds;  ///< of CPU time in each cpu_period
  [[nodiscard]] bool any() const { return memory_bytes.has_value() || cpu_microseconds.has_value(); }
  friend bool operator==(const ResourceLimits&, const ResourceLimits&) = default;
};

constexpr std::uint64_t cpu_period = 100'000;  ///< microseconds, the kernel's own default

/// Bytes. "512M", "512Mi", "512MiB", "512MB" and "536870912" are all the same: a unit (K, M, G, T in any case) counts
/// by 1024, as it does for systemd, Docker and the kernel. "1.5G" is fine. From 16 MiB, where a Vector starts but does
/// little else than read its own program again and again (an idle one has peaks of 60 MiB), to 1024 TiB. The Error's
/// reason says what is wrong.
[[nodiscard]] Result<std::uint64_t> parse_memory_size(std::string_view text);

/// Microseconds of CPU time in each cpu_period: "0.5", "500m" and "50%" are half a CPU, "2" is two of them. From 0.01,
/// the least that the kernel takes, to 10000; what is finer than a microsecond is dropped.
[[nodiscard]] Result<std::uint64_t> parse_cpu(std::string_view text);

/// The content of cpu.max: "50000 100000".
[[nodiscard]] std::string cpu_max(std::uint64_t microseconds);

/// "512 MiB", "1536 MiB", "2 GiB"; what is no whole number of KiB in bytes.
[[nodiscard]] std::string in_words_bytes(std::uint64_t bytes);

}  // namespace vf::supervisor
