#include "metrics/proc_text.h"

#include <algorithm>
#include <vector>

#include "metrics/counter.h"
#include "metrics/fields.h"

namespace vf::metrics {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// `name` without the digits it ends in.
std::string_view without_number(std::string_view name) {
  while (!name.empty() && is_digit(name.back())) name.remove_suffix(1);
  return name;
}

// nvme0c1n1: one of the paths behind nvme0n1, which has their sum.
bool is_hidden_nvme_path(std::string_view name) {
  return name.starts_with("nvme") && name.find('c', 4) != std::string_view::npos;
}

bool is_stacked(std::string_view name) {
  for (const std::string_view prefix : {"loop", "ram", "zram", "dm-", "md", "bcache"}) {
    if (name.starts_with(prefix)) return true;
  }
  return is_hidden_nvme_path(name);
}

// A partition is named after a disk that is there too: sda1 after sda, nvme0n1p1 and mmcblk0p1 (a 'p', where the disk's
// name ends in a digit) after nvme0n1 and mmcblk0. The kernel lists a disk before its partitions. So an xvda1 that
// comes without an xvda is a disk.
bool is_partition(std::string_view name, const std::vector<std::string_view>& disks) {
  const auto known = [&](std::string_view disk) { return std::find(disks.begin(), disks.end(), disk) != disks.end(); };
  std::string_view disk = without_number(name);
  if (disk.size() == name.size() || disk.empty()) return false;
  if (known(disk)) return true;
  if (!disk.ends_with('p')) return false;
  disk.remove_suffix(1);
  return !disk.empty() && is_digit(disk.back()) && known(disk);
}

}  // namespace

std::optional<MemoryReading> parse_meminfo(std::string_view text) {
  std::optional<std::uint64_t> total, free, buffers, cached;
  while (!text.empty() && !(total && free && buffers && cached)) {
    std::string_view line = take_line(text);
    const std::string_view key = take_field(line);
    std::optional<std::uint64_t>* field = key == "MemTotal:"  ? &total
                                          : key == "MemFree:" ? &free
                                          : key == "Buffers:" ? &buffers
                                          : key == "Cached:"  ? &cached
                                                              : nullptr;
    if (field == nullptr) continue;
    if (const auto kibibytes = take_number<std::uint64_t>(line)) *field = scale_counter(*kibibytes, 1024);
  }
  if (!total || !free || !buffers || !cached) return std::nullopt;
  const std::uint64_t not_used = add_counters(*free, add_counters(*buffers, *cached));
  return MemoryReading{*total, *total - std::min(*total, not_used), *free};
}

std::optional<CpuReading> parse_cpu(std::string_view proc_stat, long ticks_per_second) {
  if (ticks_per_second <= 0) return std::nullopt;
  while (!proc_stat.empty()) {
    std::string_view line = take_line(proc_stat);
    if (take_field(line) != "cpu") continue;
    // user nice system idle iowait irq softirq steal; the guest times behind them are part of user and nice.
    constexpr int idle = 3, iowait = 4, required = 5, counted = 8;
    double total_ticks = 0, idle_ticks = 0;
    for (int column = 0; column < counted; ++column) {
      const auto ticks = take_number<std::uint64_t>(line);
      if (!ticks && column < required) return std::nullopt;
      if (!ticks) break;
      total_ticks += static_cast<double>(*ticks);
      if (column == idle || column == iowait) idle_ticks += static_cast<double>(*ticks);
    }
    const auto per_second = static_cast<double>(ticks_per_second);
    return CpuReading{total_ticks / per_second, idle_ticks / per_second};
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_boot_time(std::string_view proc_stat) {
  while (!proc_stat.empty()) {
    std::string_view line = take_line(proc_stat);
    if (line.starts_with("btime ") && take_field(line) == "btime") return take_number<std::uint64_t>(line);
  }
  return std::nullopt;
}

std::optional<LoadReading> parse_loadavg(std::string_view text) {
  const auto one = take_number<double>(text), five = take_number<double>(text), fifteen = take_number<double>(text);
  if (!one || !five || !fifteen) return std::nullopt;
  return LoadReading{*one, *five, *fifteen};
}

DiskReading parse_diskstats(std::string_view text) {
  constexpr std::uint64_t sector = 512;  // the unit of this file, whatever the disk's own sector size
  DiskReading sum;
  std::vector<std::string_view> disks;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    skip_fields(line, 2);  // major, minor
    const std::string_view name = take_field(line);
    if (name.empty() || is_stacked(name) || is_partition(name, disks)) continue;
    skip_fields(line, 2);  // reads completed, reads merged
    const auto sectors_read = take_number<std::uint64_t>(line);
    skip_fields(line, 3);  // ms reading, writes completed, writes merged
    const auto sectors_written = take_number<std::uint64_t>(line);
    if (!sectors_read || !sectors_written) continue;
    disks.push_back(name);
    sum.read = add_counters(sum.read, scale_counter(*sectors_read, sector));
    sum.written = add_counters(sum.written, scale_counter(*sectors_written, sector));
  }
  return sum;
}

NetworkReading parse_net_dev(std::string_view text) {
  NetworkReading sum;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::size_t colon = line.find(':');  // the two heading lines have none
    if (colon == std::string_view::npos) continue;
    std::string_view name = line.substr(0, colon);
    name = take_field(name);
    line.remove_prefix(colon + 1);  // old kernels write the first number right behind the colon
    if (name == "lo") continue;
    const auto received = take_number<std::uint64_t>(line);
    skip_fields(line, 7);  // packets errs drop fifo frame compressed multicast
    const auto sent = take_number<std::uint64_t>(line);
    if (!received || !sent) continue;
    sum.received = add_counters(sum.received, *received);
    sum.sent = add_counters(sum.sent, *sent);
  }
  return sum;
}

}  // namespace vf::metrics
