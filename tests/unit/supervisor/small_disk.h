// A file system of a few pages, to see what a full disk does. Needs root; elsewhere `mounted` is false and a test says
// so.
#pragma once

#include <sched.h>
#include <sys/mount.h>

#include <fstream>
#include <string>

#include "temp_folder.h"

namespace vf::supervisor::test {

class SmallDisk {
 public:
  explicit SmallDisk(const char* size = "64k") {
    // A mount namespace of our own, so that nothing is left mounted whatever happens.
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    mounted_ = ::mount("vf-test", folder_.path().c_str(), "tmpfs", MS_NOSUID,
                       (std::string("mode=0700,size=") + size).c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }

  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] const std::string& path() const { return folder_.path(); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return folder_ / name; }
  /// Leaves no byte free, until free_again().
  void fill() const {
    std::ofstream stream(*this / "filler", std::ios::binary);
    while (stream) stream << std::string(512, 'x') << std::flush;
  }
  void free_again() const { std::filesystem::remove(*this / "filler"); }

 private:
  TempFolder folder_;
  bool mounted_ = false;
};

}  // namespace vf::supervisor::test
