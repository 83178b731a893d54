#include "metrics/proc_text.h"

#include <catch2/catch.hpp>

namespace vf::metrics {
namespace {

TEST_CASE("used memory is what is neither free nor buffers nor cache") {
  // The figures of the recorded 0.54 scrape, where Vector said used = 2291000 "kB".
  const auto memory = parse_meminfo(
      "MemTotal:       24684092 kB\nMemFree:        17803648 kB\nMemAvailable:   22717964 kB\n"
      "Buffers:           49280 kB\nCached:          4540164 kB\nSwapCached:            7 kB\nActive: 2366068 kB\n");
  REQUIRE(memory);
  CHECK(memory->total == 24684092ULL * 1024);
  CHECK(memory->used == 2291000ULL * 1024);
  CHECK(memory->free == 17803648ULL * 1024);
}

TEST_CASE("used memory never wraps below zero") {
  const auto memory = parse_meminfo("MemTotal: 10 kB\nMemFree: 9 kB\nBuffers: 9 kB\nCached: 9 kB\n");
  REQUIRE(memory);
  CHECK(memory->used == 0);
}

TEST_CASE("a meminfo without one of the needed figures is refused") {
  CHECK_FALSE(parse_meminfo(""));
  CHECK_FALSE(parse_meminfo("MemTotal: 10 kB\nMemFree: 9 kB\nBuffers: 9 kB\n"));
  CHECK_FALSE(parse_meminfo("MemTotal: ten kB\nMemFree: 9 kB\nBuffers: 9 kB\nCached: 9 kB\n"));
}

TEST_CASE("CPU seconds are those of all CPUs, iowait is idle and guests count once") {
  const auto cpu = parse_cpu("cpu  700 50 130 21300 120 10 12 8 600 40\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 5\n", 100);
  REQUIRE(cpu);
  CHECK(cpu->total_seconds == Approx(223.30));
  CHECK(cpu->idle_seconds == Approx(214.20));
}

TEST_CASE("the short CPU line of an old kernel is read, a broken one is refused") {
  const auto cpu = parse_cpu("cpu 1 2 3 4 5\n", 1);
  REQUIRE(cpu);
  CHECK(cpu->total_seconds == 15);
  CHECK(cpu->idle_seconds == 9);
  CHECK_FALSE(parse_cpu("cpu 1 2 3 4\n", 100));
  CHECK_FALSE(parse_cpu("cpu0 1 2 3 4 5\n", 100));
  CHECK_FALSE(parse_cpu("cpu 1 2 3 4 5\n", 0));
  CHECK_FALSE(parse_cpu("", 100));
}

TEST_CASE("the boot time is found behind the interrupts") {
  CHECK(parse_boot_time("cpu 1 2 3 4 5\nintr 1 2 3\nbtime 1795249835\nprocesses 9\n") == 1795249835U);
  CHECK_FALSE(parse_boot_time("cpu 1 2 3 4 5\n"));
}

TEST_CASE("the three load averages are read") {
  const auto load = parse_loadavg("2.29 2.61 2.53 3/107 27025\n");
  REQUIRE(load);
  CHECK(load->one == 2.29);
  CHECK(load->five == 2.61);
  CHECK(load->fifteen == 2.53);
  CHECK_FALSE(parse_loadavg("2.29 2.61\n"));
}

TEST_CASE("bytes of whole disks are summed, 512 a sector, in the columns of any kernel since 2.6") {
  const DiskReading disks = parse_diskstats(
      " 254       0 vda 71421 13227 5784802 44793 38955 182426 9435128 37068 0 19036 83093 12843 31 873800 1170 1776 "
      "59\n"
      "   8      16 sdb 1 2 10 4 5 6 20 8 9 10 11\n");
  CHECK(disks.read == (5784802ULL + 10) * 512);
  CHECK(disks.written == (9435128ULL + 20) * 512);
}

std::uint64_t sectors_read(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text.append("8 0 ").append(name).append(" 0 0 1 0 0 0 1 0 0 0 0\n");
  return parse_diskstats(text).read / 512;
}

TEST_CASE("a partition does not count beside its disk") {
  CHECK(sectors_read({"sda", "sda1", "sda2", "sda15"}) == 1);
  CHECK(sectors_read({"nvme0n1", "nvme0n1p1", "nvme0n1p2"}) == 1);
  CHECK(sectors_read({"mmcblk0", "mmcblk0p1"}) == 1);
}

TEST_CASE("disks whose names look like partitions are disks") {
  CHECK(sectors_read({"xvda1", "xvda2"}) == 2);
  CHECK(sectors_read({"nvme0n1", "nvme0n2", "nvme1n1"}) == 3);
  CHECK(sectors_read({"sda", "sdaa", "sdb"}) == 3);
  CHECK(sectors_read({"sr0", "sr1"}) == 2);
  CHECK(sectors_read({"sda", "sdap1"}) == 2);  // a partition of sdap, whose disk is not there
}

TEST_CASE("what is stacked on disks or memory does not count again") {
  CHECK(sectors_read({"sda", "loop0", "ram0", "zram0", "dm-0", "md127", "bcache0"}) == 1);
  CHECK(sectors_read({"nvme0c0n1", "nvme0c1n1", "nvme0n1"}) == 1);
}

TEST_CASE("a diskstats line that breaks off is skipped") {
  CHECK(parse_diskstats("8 0\n8 0 sda 1 2\n\n8 0 sdb 0 0 x 0 0 0 1\n8 0 sdc 0 0 1 0 0 0 1 0 0 0 0").read == 512);
}

TEST_CASE("bytes of all interfaces but the loopback are summed") {
  const NetworkReading network = parse_net_dev(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls\n"
      "    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0  0 0\n"
      "  eth0: 450977094   18474    0    0    0     0          0         0  1066405   10597    0    0    0  0  0 0\n"
      "lodge0:5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0\n"
      "broken: 7 1\n");
  CHECK(network.received == 450977099);
  CHECK(network.sent == 1066411);
}

}  // namespace
}  // namespace vf::metrics
