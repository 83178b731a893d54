// What the kernel's text files say of the host, each as a pure function over the text of one file (proc(5)). A nullopt
// means that the text is not what the kernel writes; unknown lines are skipped, as newer kernels add some.
// The figures mean what Vector's host_metrics means, summed, save where a comment says otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vf::metrics {

/// Bytes. `used` is total - free - buffers - cached, so the page cache is neither used nor free. (The kernel's "kB" is
/// 1024 bytes; Vector takes it for 1000 and reports 2.4 % less.)
struct MemoryReading {
  std::uint64_t total = 0, used = 0, free = 0;
};
[[nodiscard]] std::optional<MemoryReading> parse_meminfo(std::string_view text);

/// Seconds since boot, all CPUs together; `idle` holds iowait, `total` everything, interrupts and stolen time included
/// (Vector leaves those two out).
struct CpuReading {
  double total_seconds = 0, idle_seconds = 0;
};
[[nodiscard]] std::optional<CpuReading> parse_cpu(std::string_view proc_stat, long ticks_per_second);

/// Seconds since the epoch at which the host booted.
[[nodiscard]] std::optional<std::uint64_t> parse_boot_time(std::string_view proc_stat);

struct LoadReading {
  double one = 0, five = 0, fifteen = 0;
};
[[nodiscard]] std::optional<LoadReading> parse_loadavg(std::string_view text);

/// Bytes since boot, summed over the disks: whole ones only, so not over partitions, nor over what is stacked on disks
/// or memory and would count again (dm, md, bcache, loop, ram, zram, the hidden paths of multipath nvme).
struct DiskReading {
  std::uint64_t read = 0, written = 0;
};
[[nodiscard]] DiskReading parse_diskstats(std::string_view text);

/// Bytes since boot, summed over all interfaces but `lo`.
struct NetworkReading {
  std::uint64_t received = 0, sent = 0;
};
[[nodiscard]] NetworkReading parse_net_dev(std::string_view text);

}  // namespace vf::metrics
