// HostReadings: the figures of the host that a heartbeat carries, read from /proc once a heartbeat and for all
// pipelines together. Wire: heartbeat, `hostMetrics`, whose fields these are, in the same order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vf::metrics {

/// Bytes are whole numbers of at most 2^63-1; what each figure means stands in proc_text.h and mounts.h.
struct HostReadings {
  std::uint64_t memory_total_bytes = 0, memory_used_bytes = 0, memory_free_bytes = 0;
  double cpu_seconds_total = 0, cpu_seconds_idle = 0;
  double load_avg_1 = 0, load_avg_5 = 0, load_avg_15 = 0;
  std::uint64_t fs_total_bytes = 0, fs_used_bytes = 0, fs_free_bytes = 0;
  std::uint64_t disk_read_bytes = 0, disk_written_bytes = 0;
  std::uint64_t net_rx_bytes = 0, net_tx_bytes = 0;
};

struct HostReport {
  /// Absent where memory, CPU or load cannot be read: the wire has no way to leave out a single one. What else cannot
  /// be read is 0 (some sandboxes have no diskstats).
  std::optional<HostReadings> readings;
  /// One line for each file that could not be read, as in "/proc/diskstats: No such file or directory".
  std::vector<std::string> problems;
};

/// Use from one thread at a time, a worker: it opens six files and asks each local filesystem for its size.
class HostReader {
 public:
  /// `procfs_root`: where the host's procfs is; in a container that has it mounted, that place (PROCFS_ROOT), and the
  ///   network figures are then those of the host's process 1 and not of the container.
  /// `host_root`: where the host's "/" is mounted, "" for none. Only with one are the host's own mounts looked at;
  ///   else the mounts are those of this process, of which a container's binds (/etc/hosts) lead to the host's disks.
  explicit HostReader(std::string procfs_root = "/proc", std::string host_root = "");

  [[nodiscard]] HostReport read();

 private:
  // The file's text, in buffer_; nullptr, with the problem noted, where it cannot be read.
  const std::string* load(const std::string& path, HostReport& report);
  void read_filesystems(HostReadings& readings, HostReport& report);

  std::string procfs_root_;
  std::string host_root_;
  std::string net_dev_;
  std::string mountinfo_;
  long ticks_per_second_;
  std::string buffer_;
};

}  // namespace vf::metrics
