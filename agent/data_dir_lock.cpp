#include "agent/data_dir_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "supervisor/atomic_file.h"

namespace vf::agent {
namespace {

bool is_open_on(int descriptor, int other) {
  struct stat first {};
  struct stat second {};
  return ::fstat(descriptor, &first) == 0 && ::fstat(other, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

}  // namespace

Result<supervisor::UniqueDescriptor> lock_data_dir(const std::string& data_dir,
                                                   supervisor::UniqueDescriptor inherited) {
  const std::string path = data_dir + "/lock";
  supervisor::UniqueDescriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return system_error("open " + path, errno);
  if (inherited && is_open_on(inherited.get(), lock.get())) lock = std::move(inherited);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error("lock " + path, errno);
    const auto holder = supervisor::read_file(path, 64);
    return Error{"use " + data_dir,
                 "another vf-agent (pid " + (holder ? holder.value() : std::string("?")) +
                     ") is running on it; each needs a VF_DATA_DIR of its own",
                 EWOULDBLOCK};
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) < 0)
    return system_error("write " + path, errno);
  return lock;
}

}  // namespace vf::agent
