#include "tests/support/standin_vector/buffer_locks.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/standin_vector/text.h"

namespace standin {

BufferLocks::~BufferLocks() {
  for (const auto& [path, descriptor] : descriptors_) ::close(descriptor);
}

std::vector<std::string> BufferLocks::acquire(const Config& config) {
  std::vector<std::string> errors;
  for (const auto& component : config.components) {
    if (!component.disk_buffer) continue;
    const std::filesystem::path folder = std::filesystem::path(config.data_dir()) / "buffer" / "v2" / component.id;
    const std::string path = folder / "buffer.lock";
    if (descriptors_.contains(path)) continue;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor >= 0 && ::flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
      descriptors_[path] = descriptor;
      continue;
    }
    if (descriptor >= 0) ::close(descriptor);
    errors.push_back("Sink " + quote(component.id) +
                     ": error occurred when building buffer: failed to build individual stage 0: failed to lock "
                     "buffer.lock; is another Vector process running and using this buffer?");
  }
  return errors;
}

}  // namespace standin
