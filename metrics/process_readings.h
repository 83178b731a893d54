// What the kernel says of the agent's own process, for the process_* metrics that every Prometheus client library has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vf::metrics {

struct ProcessReadings {
  double cpu_seconds_total = 0;  ///< user and system time of all threads
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  double start_time_seconds = 0;          ///< since the epoch; an exec keeps it
  std::optional<std::uint64_t> open_fds;  ///< absent where the directory cannot be read
  std::optional<std::uint64_t> max_fds;   ///< the soft limit; absent where there is none
};

/// The constants of the running kernel that its text files are written in.
struct KernelUnits {
  long ticks_per_second = 100;
  long page_bytes = 4096;
};

/// The part that /proc/<pid>/stat tells; pure. `boot_time` is in seconds since the epoch. nullopt where the text is not
/// what the kernel writes; a program name with blanks and parentheses in it does not mislead.
[[nodiscard]] std::optional<ProcessReadings> parse_process_stat(std::string_view text, const KernelUnits& units,
                                                                std::uint64_t boot_time);

/// Of this process, now. Opens three files and lists its descriptors: a worker's work.
[[nodiscard]] std::optional<ProcessReadings> read_own_process();

}  // namespace vf::metrics
