#include "metrics/host_readings.h"

#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "metrics/counter.h"
#include "metrics/mounts.h"
#include "metrics/proc_text.h"
#include "metrics/procfs.h"

namespace vf::metrics {
namespace {

FilesystemSize size_of(const struct statfs& stats) {
  const auto block = static_cast<std::uint64_t>(stats.f_frsize > 0 ? stats.f_frsize : stats.f_bsize);
  const std::uint64_t used = stats.f_blocks - std::min(stats.f_blocks, stats.f_bfree);
  return {scale_counter(stats.f_blocks, block), scale_counter(used, block), scale_counter(stats.f_bavail, block)};
}

bool is_default_procfs(const std::string& root) {
  return root == "/proc";
}

}  // namespace

HostReader::HostReader(std::string procfs_root, std::string host_root)
    : procfs_root_(std::move(procfs_root)),
      host_root_(std::move(host_root)),
      // In a mounted host procfs "net" leads through "self" and so to the network of whoever asks.
      net_dev_(procfs_root_ + (is_default_procfs(procfs_root_) ? "/net/dev" : "/1/net/dev")),
      mountinfo_(host_root_.empty() ? "/proc/self/mountinfo" : procfs_root_ + "/1/mountinfo"),
      ticks_per_second_(::sysconf(_SC_CLK_TCK)) {}

HostReport HostReader::read() {
  HostReport report;
  HostReadings readings;
  bool whole = true;
  const auto required = [&](const std::string& path, auto&& parse, auto&& take) {
    const std::string* text = load(path, report);
    if (text == nullptr) {
      whole = false;
    } else if (const auto reading = parse(*text)) {
      take(*reading);
    } else {
      report.problems.push_back(path + ": not what the kernel writes");
      whole = false;
    }
  };
  required(procfs_root_ + "/meminfo", parse_meminfo, [&](const MemoryReading& memory) {
    readings.memory_total_bytes = memory.total;
    readings.memory_used_bytes = memory.used;
    readings.memory_free_bytes = memory.free;
  });
  required(
      procfs_root_ + "/stat", [this](std::string_view text) { return parse_cpu(text, ticks_per_second_); },
      [&](const CpuReading& cpu) {
        readings.cpu_seconds_total = cpu.total_seconds;
        readings.cpu_seconds_idle = cpu.idle_seconds;
      });
  required(procfs_root_ + "/loadavg", parse_loadavg, [&](const LoadReading& load) {
    readings.load_avg_1 = load.one;
    readings.load_avg_5 = load.five;
    readings.load_avg_15 = load.fifteen;
  });
  if (const std::string* text = load(procfs_root_ + "/diskstats", report)) {
    const DiskReading disks = parse_diskstats(*text);
    readings.disk_read_bytes = disks.read;
    readings.disk_written_bytes = disks.written;
  }
  if (const std::string* text = load(net_dev_, report)) {
    const NetworkReading network = parse_net_dev(*text);
    readings.net_rx_bytes = network.received;
    readings.net_tx_bytes = network.sent;
  }
  read_filesystems(readings, report);
  if (whole) report.readings = readings;
  return report;
}

void HostReader::read_filesystems(HostReadings& readings, HostReport& report) {
  FilesystemSum sum;
  if (const std::string* text = load(mountinfo_, report)) {
    for (const LocalMount& mount : local_mounts(*text)) {
      if (sum.has(mount)) continue;
      struct statfs stats {};
      const std::string path = host_root_ + mount.mount_point;
      // A mount that another one hides answers as that other one, which its type gives away.
      if (::statfs(path.c_str(), &stats) == 0 && static_cast<std::uint32_t>(stats.f_type) == mount.magic) {
        sum.add(mount, size_of(stats));
      }
    }
  }
  FilesystemSize total = sum.total();
  // A container without a bind from the host's disks: its overlay answers for the disk that it lies on.
  struct statfs root {};
  if (total.total == 0 && ::statfs((host_root_ + "/").c_str(), &root) == 0) total = size_of(root);
  readings.fs_total_bytes = total.total;
  readings.fs_used_bytes = total.used;
  readings.fs_free_bytes = total.free;
}

const std::string* HostReader::load(const std::string& path, HostReport& report) {
  const int failure = read_proc_file(path, buffer_);
  if (failure == 0) return &buffer_;
  report.problems.push_back(path + ": " + std::system_category().message(failure));
  return nullptr;
}

}  // namespace vf::metrics
