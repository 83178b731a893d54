// Which mounted filesystems make up "the disk space of this host", and their sum: every local filesystem once, however
// often it is mounted or bound. Pure; asking the kernel for a size is the caller's (host_readings.cpp).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vf::metrics {

struct LocalMount {
  std::string device;       ///< "major:minor", one a filesystem (on ZFS: a dataset)
  std::string pool;         ///< the ZFS pool whose free space the dataset shares; else ""
  std::string mount_point;  ///< unescaped
  std::uint32_t magic =
      0;  ///< what statfs(2) calls this type in f_type: it tells whether the mount is hidden by another
};

/// The mounts of /proc/<pid>/mountinfo that are worth a statfs(2), in their order. Left out are memory, network and
/// user-space filesystems; images that are always full (squashfs, iso9660, erofs) and files mounted through /dev/loop,
/// which are on a filesystem counted already; and whatever lies below a network or user-space mount other than "/",
/// because the way there may hang for ever. A device may come several times: the first that can be read counts.
[[nodiscard]] std::vector<LocalMount> local_mounts(std::string_view mountinfo);

/// Bytes. `free` is what users other than root may still fill, so used + free may be less than total.
struct FilesystemSize {
  std::uint64_t total = 0, used = 0, free = 0;
};

class FilesystemSum {
 public:
  [[nodiscard]] bool has(const LocalMount& mount) const { return devices_.contains(mount.device); }
  /// Adds a filesystem's size, once a device.
  void add(const LocalMount& mount, const FilesystemSize& size);
  [[nodiscard]] FilesystemSize total() const;

 private:
  std::set<std::string, std::less<>> devices_;
  FilesystemSize plain_;
  std::map<std::string, FilesystemSize, std::less<>> pools_;
};

}  // namespace vf::metrics
