#include "metrics/mounts.h"

#include <catch2/catch.hpp>

namespace vf::metrics {
namespace {

std::vector<std::string> points(std::string_view mountinfo) {
  std::vector<std::string> found;
  for (const LocalMount& mount : local_mounts(mountinfo)) found.push_back(mount.mount_point);
  return found;
}

using Points = std::vector<std::string>;

TEST_CASE("local filesystems are found with the device and the type's magic number") {
  const auto mounts = local_mounts("27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard\n");
  REQUIRE(mounts.size() == 1);
  CHECK(mounts[0].device == "254:0");
  CHECK(mounts[0].mount_point == "/");
  CHECK(mounts[0].magic == 0xEF53);
  CHECK(mounts[0].pool.empty());
}

TEST_CASE("filesystems in memory, of the kernel, of images and of loop devices are not disk space") {
  CHECK(points("22 27 0:21 / /proc rw - proc proc rw\n"
               "25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684096k\n"
               "26 1 0:40 / / rw - overlay overlay rw,lowerdir=/a\n"
               "28 1 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro\n"
               "29 1 11:0 / /media/cd ro - iso9660 /dev/sr0 ro\n"
               "30 1 7:1 / /mnt/image rw - ext4 /dev/loop1 rw\n")
            .empty());
}

TEST_CASE("a container's binds lead to the host's disk") {
  CHECK(points("26 1 0:40 / / rw - overlay overlay rw,lowerdir=/a\n"
               "31 26 8:1 /var/lib/docker/containers/x/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n") ==
        Points{"/etc/hosts"});
}

TEST_CASE("escapes in a mount point are undone") {
  CHECK(points("31 26 8:1 / /mnt/my\\040disk\\134x rw - xfs /dev/sda1 rw\n") == Points{"/mnt/my disk\\x"});
}

TEST_CASE("what lies below a mount that may hang is never asked") {
  CHECK(points("27 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
               "40 27 0:50 / /net rw - nfs4 server:/export rw\n"
               "41 40 8:2 / /net/disk rw - ext4 /dev/sdb1 rw\n"
               "42 27 8:3 / /network rw - ext4 /dev/sdc1 rw\n"
               "43 27 0:51 / /home/u/ssh rw - fuse.sshfs host: rw\n"
               "44 43 8:4 / /home/u/ssh/d rw - ext4 /dev/sdd1 rw\n") == Points{"/", "/network"});
}

TEST_CASE("a host that runs from the network still sees its local disks") {
  CHECK(points("27 1 0:50 / / rw - nfs server:/root rw\n41 40 8:2 / /data rw - ext4 /dev/sdb1 rw\n") ==
        Points{"/data"});
}

TEST_CASE("lines that are not mountinfo are skipped") {
  CHECK(points("\n- - -\nnonsense\n27 1 8:1 / / rw\n27 1 8:1 / relative rw - ext4 /dev/sda1 rw\n").empty());
}

LocalMount mount(std::string device, std::string pool = "") {
  return {std::move(device), std::move(pool), "/", 0};
}

TEST_CASE("a device counts once, however often it is mounted") {
  FilesystemSum sum;
  CHECK_FALSE(sum.has(mount("8:1")));
  sum.add(mount("8:1"), {100, 60, 30});
  CHECK(sum.has(mount("8:1")));
  sum.add(mount("8:1"), {100, 60, 30});
  sum.add(mount("8:2"), {10, 1, 9});
  CHECK(sum.total().total == 110);
  CHECK(sum.total().used == 61);
  CHECK(sum.total().free == 39);
}

TEST_CASE("the datasets of a ZFS pool share its free space") {
  const auto mounts = local_mounts(
      "1 0 0:30 / / rw - zfs rpool/ROOT/x rw\n2 1 0:31 / /home rw - zfs rpool/home rw\n3 1 0:32 / /t rw - zfs tank "
      "rw\n");
  REQUIRE(mounts.size() == 3);
  FilesystemSum sum;
  sum.add(mounts[0], {110, 10, 100});
  sum.add(mounts[1], {120, 20, 100});
  sum.add(mounts[2], {7, 3, 4});
  CHECK(sum.total().total == 137);
  CHECK(sum.total().used == 33);
  CHECK(sum.total().free == 104);
}

}  // namespace
}  // namespace vf::metrics
