#include "agent/option_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "supervisor/process/unique_descriptor.h"

namespace vf::agent {
namespace {

constexpr std::size_t kMaxBytes = 8U << 20;

}  // namespace

Result<std::string> RealOptionFiles::read(const std::string& path) const {
  const std::string attempted = "read " + path;
  // Not blocking: a FIFO of that name must be an error, not a start that hangs.
  const supervisor::UniqueDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return system_error(attempted, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error(attempted, errno);
  if (S_ISDIR(status.st_mode)) return system_error(attempted, EISDIR);
  if (!S_ISREG(status.st_mode)) return Error{attempted, "not a regular file", 0};

  std::string content;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(attempted, errno);
    if (count == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.size() > kMaxBytes) return Error{attempted, "larger than 8 MiB", EFBIG};
  }
}

}  // namespace vf::agent
