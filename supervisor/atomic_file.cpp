#include "supervisor/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "supervisor/process/unique_descriptor.h"

namespace vf::supervisor {
namespace {

bool is_already(const std::string& path, std::string_view content, mode_t mode) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode) || (found.st_mode & 07777) != mode ||
      static_cast<std::size_t>(found.st_size) != content.size())
    return false;
  const auto existing = read_file(path);
  return existing.ok() && existing.value() == content;
}

Status sync_directory_of(const std::string& path) {
  return sync_directory(std::filesystem::path(path).parent_path().string());
}

Status replace(const std::string& path, std::string_view content, mode_t mode, bool sync) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());  // left by a crash; O_EXCL below must not follow what somebody put there
  const UniqueDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file) return system_error("create " + temporary, errno);
  Status written = write_all(file.get(), content, temporary);
  if (written && ::fchmod(file.get(), mode) != 0) written = system_error("set the mode of " + temporary, errno);
  if (written && sync && ::fsync(file.get()) != 0) written = system_error("sync " + temporary, errno);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = system_error("rename " + temporary + " to " + path, errno);
  if (!written) ::unlink(temporary.c_str());
  return written;
}

}  // namespace

Status write_all(int descriptor, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("write " + path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return success();
}

Status sync_directory(const std::string& path) {
  const UniqueDescriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return system_error("open directory " + path, errno);
  if (::fsync(opened.get()) != 0 && errno != EINVAL) return system_error("sync directory " + path, errno);
  return success();
}

Status write_atomically(const std::string& path, std::string_view content, mode_t mode) {
  if (is_already(path, content, mode)) return success();
  const Status written = replace(path, content, mode, true);
  return written ? sync_directory_of(path) : written;
}

Status replace_unsynced(const std::string& path, std::string_view content, mode_t mode) {
  return replace(path, content, mode, false);
}

Status move_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_error("rename " + from + " to " + to, errno);
  return sync_directory_of(to);
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const UniqueDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return system_error("open " + path, errno);
  std::string content;
  char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read " + path, errno);
    if (got == 0) return content;
    if (content.size() + static_cast<std::size_t>(got) > limit)
      return Error{"read " + path, "larger than " + std::to_string(limit) + " bytes", EFBIG};
    content.append(buffer, static_cast<std::size_t>(got));
  }
}

Status make_directory(const std::string& path, mode_t mode) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) return system_error("create directory " + path, failed.value());
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return system_error("look at " + path, errno);
  if ((found.st_mode & 07777) != mode && ::chmod(path.c_str(), mode) != 0)
    return system_error("set the mode of " + path, errno);
  return success();
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error("remove " + path, errno);
  return success();
}

}  // namespace vf::supervisor
