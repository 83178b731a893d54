#include "agent/state/unsynced_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "supervisor/process/unique_descriptor.h"

namespace vf::agent::state {
namespace {

Status write_all(int descriptor, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("write " + path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return success();
}

}  // namespace

Status replace_unsynced(const std::string& path, std::string_view content, mode_t mode) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());  // left by a crash; O_EXCL below must not follow what somebody put there
  const supervisor::UniqueDescriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file) return system_error("create " + temporary, errno);
  Status written = write_all(file.get(), content, temporary);
  if (written && ::fchmod(file.get(), mode) != 0) written = system_error("set the mode of " + temporary, errno);
  if (written && std::rename(temporary.c_str(), path.c_str()) != 0)
    written = system_error("rename " + temporary + " to " + path, errno);
  if (!written) ::unlink(temporary.c_str());
  return written;
}

Status sync_directory(const std::string& path) {
  const supervisor::UniqueDescriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return system_error("open directory " + path, errno);
  if (::fsync(opened.get()) != 0 && errno != EINVAL) return system_error("sync directory " + path, errno);
  return success();
}

}  // namespace vf::agent::state
