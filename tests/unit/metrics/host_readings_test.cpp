#include "metrics/host_readings.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "metrics/procfs.h"

namespace vf::metrics {
namespace {

namespace fs = std::filesystem;

// A procfs of a host that is not this one.
class FakeProcfs {
 public:
  FakeProcfs() {
    std::string pattern = (fs::temp_directory_path() / "vf-host-readings-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    write("meminfo", "MemTotal: 100 kB\nMemFree: 40 kB\nBuffers: 10 kB\nCached: 20 kB\n");
    write("stat", "cpu 1000 0 0 3000 0 0 0 0 0 0\nbtime 5\n");
    write("loadavg", "0.5 0.25 0.125 1/2 3\n");
    write("diskstats", "8 0 sda 0 0 2 0 0 0 3 0 0 0 0\n");
    write("net/dev", " eth0: 999 0 0 0 0 0 0 0 999 0 0 0 0 0 0 0\n");
    write("1/net/dev", " eth0: 7 0 0 0 0 0 0 0 8 0 0 0 0 0 0 0\n");
    write("1/mountinfo", "27 1 8:1 / /nowhere rw - ext4 /dev/sda1 rw\n");
  }
  ~FakeProcfs() { fs::remove_all(root_); }
  FakeProcfs(const FakeProcfs&) = delete;
  FakeProcfs& operator=(const FakeProcfs&) = delete;

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  void remove(const std::string& name) const { fs::remove(root_ / name); }
  [[nodiscard]] std::string path() const { return root_.string(); }

 private:
  fs::path root_;
};

TEST_CASE("the host's figures come from the procfs that was named, the network's from the host's process 1") {
  const FakeProcfs procfs;
  HostReader reader(procfs.path());
  const HostReport report = reader.read();
  CHECK(report.problems.empty());
  REQUIRE(report.readings);
  CHECK(report.readings->memory_total_bytes == 100 * 1024);
  CHECK(report.readings->memory_used_bytes == 30 * 1024);
  CHECK(report.readings->memory_free_bytes == 40 * 1024);
  CHECK(report.readings->cpu_seconds_total == Approx(4000.0 / static_cast<double>(::sysconf(_SC_CLK_TCK))));
  CHECK(report.readings->cpu_seconds_idle == Approx(3000.0 / static_cast<double>(::sysconf(_SC_CLK_TCK))));
  CHECK(report.readings->load_avg_1 == 0.5);
  CHECK(report.readings->load_avg_5 == 0.25);
  CHECK(report.readings->load_avg_15 == 0.125);
  CHECK(report.readings->disk_read_bytes == 1024);
  CHECK(report.readings->disk_written_bytes == 1536);
  CHECK(report.readings->net_rx_bytes == 7);
  CHECK(report.readings->net_tx_bytes == 8);
}

TEST_CASE("reading again reads anew") {
  const FakeProcfs procfs;
  HostReader reader(procfs.path());
  REQUIRE(reader.read().readings);
  procfs.write("loadavg", "9 0.25 0.125 1/2 3\n");
  const HostReport report = reader.read();
  REQUIRE(report.readings);
  CHECK(report.readings->load_avg_1 == 9);
  CHECK(report.readings->memory_total_bytes == 100 * 1024);
}

TEST_CASE("a sandbox without disk and network figures has the others, and says what is missing") {
  const FakeProcfs procfs;
  procfs.remove("diskstats");
  procfs.remove("1/net/dev");
  HostReader reader(procfs.path());
  const HostReport report = reader.read();
  REQUIRE(report.readings);
  CHECK(report.readings->disk_read_bytes == 0);
  CHECK(report.readings->memory_total_bytes == 100 * 1024);
  REQUIRE(report.problems.size() == 2);
  CHECK(report.problems[0] == procfs.path() + "/diskstats: No such file or directory");
}

TEST_CASE("without memory, CPU or load there are no readings") {
  for (const char* file : {"meminfo", "stat", "loadavg"}) {
    INFO(file);
    const FakeProcfs procfs;
    procfs.write(file, "not what the kernel writes\n");
    const HostReport report = HostReader(procfs.path()).read();
    CHECK_FALSE(report.readings);
    REQUIRE(report.problems.size() == 1);
    CHECK(report.problems[0] == procfs.path() + "/" + file + ": not what the kernel writes");
  }
}

TEST_CASE("a mounted host root is where the host's own mounts are looked for") {
  const FakeProcfs procfs;
  procfs.remove("1/mountinfo");
  const HostReport report = HostReader(procfs.path(), procfs.path()).read();
  REQUIRE(report.problems.size() == 1);
  CHECK(report.problems[0] == procfs.path() + "/1/mountinfo: No such file or directory");
}

TEST_CASE("where no local mount can be read the root filesystem stands for the disk") {
  const FakeProcfs procfs;  // its only mount does not exist
  const HostReport report = HostReader(procfs.path(), procfs.path()).read();
  REQUIRE(report.readings);
  CHECK(report.readings->fs_total_bytes > 0);
  CHECK(report.readings->fs_used_bytes + report.readings->fs_free_bytes <= report.readings->fs_total_bytes);
}

TEST_CASE("a mount that another one hides does not count with the size of that one") {
  const FakeProcfs procfs;
  // Whatever the temporary directory is on, at most one of these is what they all claim to be.
  procfs.write("1/mountinfo",
               "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 0 8:2 / / rw - xfs /dev/sda2 rw\n"
               "3 0 0:9 / / rw - btrfs /dev/sda3 rw\n4 0 8:4 / / rw - f2fs /dev/sda4 rw\n");
  const HostReport report = HostReader(procfs.path(), procfs.path()).read();
  REQUIRE(report.readings);
  CHECK(report.readings->fs_total_bytes == fs::space(procfs.path()).capacity);
}

TEST_CASE("this machine's figures hang together") {
  HostReader reader;
  const HostReport report = reader.read();
  REQUIRE(report.readings);
  const HostReadings& host = *report.readings;
  CHECK(host.memory_total_bytes > 0);
  CHECK(host.memory_used_bytes + host.memory_free_bytes <= host.memory_total_bytes);
  CHECK(host.cpu_seconds_idle <= host.cpu_seconds_total);
  CHECK(host.fs_total_bytes > 0);
  CHECK(host.fs_used_bytes + host.fs_free_bytes <= host.fs_total_bytes);
}

TEST_CASE("a proc file of any length is read whole, a missing one is its errno") {
  const FakeProcfs procfs;
  std::string text = "old";
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{16 << 10}, std::size_t{1 << 20}}) {
    procfs.write("file", std::string(size, 'x'));
    CHECK(read_proc_file(procfs.path() + "/file", text) == 0);
    CHECK(text == std::string(size, 'x'));
  }
  procfs.write("file", std::string((std::size_t{4} << 20) + 1, 'x'));
  CHECK(read_proc_file(procfs.path() + "/file", text) == EFBIG);
  CHECK(text.empty());
  text = "old";
  CHECK(read_proc_file(procfs.path() + "/missing", text) == ENOENT);
  CHECK(text.empty());
  CHECK(read_proc_file(procfs.path(), text) == EISDIR);
}

}  // namespace
}  // namespace vf::metrics
