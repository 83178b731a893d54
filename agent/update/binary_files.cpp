#include "agent/update/binary_files.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "supervisor/atomic_file.h"
#include "supervisor/process/unique_descriptor.h"

namespace vf::agent {
namespace {

using supervisor::UniqueDescriptor;

constexpr const char* running_program = "/proc/self/exe";

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

Status copy_running_program(const std::string& to) {
  const UniqueDescriptor in(::open(running_program, O_RDONLY | O_CLOEXEC));
  if (!in) return system_error(std::string("open ") + running_program, errno);
  const UniqueDescriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0755));
  if (!out) return system_error("open " + to, errno);
  for (;;) {
    const ssize_t copied = ::sendfile(out.get(), in.get(), nullptr, 1U << 20);
    if (copied == 0) break;
    if (copied < 0 && errno != EINTR) return system_error("write " + to, errno);
  }
  if (::fchmod(out.get(), 0755) != 0 || ::fsync(out.get()) != 0) return system_error("write " + to, errno);
  return success();
}

}  // namespace

std::string update_path(const std::string& binary) {
  return binary + ".update";
}

std::string previous_path(const std::string& binary) {
  return binary + ".previous";
}

std::string failed_path(const std::string& binary) {
  return binary + ".failed";
}

Status keep_previous(const std::string& binary) {
  const std::string previous = previous_path(binary);
  for (const std::string& old : {previous, failed_path(binary)})
    if (const Status removed = supervisor::remove_file(old); !removed) return removed;
  if (is_same_file(binary, running_program) && ::link(binary.c_str(), previous.c_str()) == 0) return success();
  return copy_running_program(previous);
}

Status place_update(const std::string& binary) {
  const std::string update = update_path(binary);
  struct stat now {};
  if (::stat(binary.c_str(), &now) == 0 && ::geteuid() == 0 && ::chown(update.c_str(), now.st_uid, now.st_gid) != 0)
    return system_error("give " + update + " its owner", errno);
  return supervisor::move_file(update, binary);
}

Status bring_back_previous(const std::string& binary) {
  const std::string previous = previous_path(binary);
  if (::access(previous.c_str(), F_OK) != 0) return system_error("find " + previous, errno);
  const std::string failed = failed_path(binary);
  (void)supervisor::remove_file(failed);
  (void)::link(binary.c_str(), failed.c_str());  // the binary is never missing
  return supervisor::move_file(previous, binary);
}

void clear_upgrade_files(const std::string& binary) {
  for (const std::string& path : {update_path(binary), previous_path(binary)}) (void)supervisor::remove_file(path);
}

}  // namespace vf::agent
