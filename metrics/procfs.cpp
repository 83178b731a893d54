#include "metrics/procfs.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace vf::metrics {
namespace {

constexpr std::size_t limit = std::size_t{4} << 20;
// Most of these files fit, and the kernel then builds their text in one go.
constexpr std::size_t first_read = std::size_t{16} << 10;

struct OpenFile {
  explicit OpenFile(const std::string& path) : descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor >= 0) ::close(descriptor);
  }
  int descriptor;
};

int read_all(int descriptor, std::string& text) {
  std::size_t length = 0;
  for (;;) {
    if (length > limit) return EFBIG;
    if (text.size() - length < first_read / 2) text.resize(text.size() + first_read + text.size() / 2);
    const ssize_t got = ::read(descriptor, text.data() + length, text.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  text.resize(length);
  return 0;
}

}  // namespace

int read_proc_file(const std::string& path, std::string& text) {
  const OpenFile file(path);
  if (file.descriptor < 0) {
    const int failure = errno;
    text.clear();
    return failure;
  }
  text.resize(first_read);
  const int failure = read_all(file.descriptor, text);
  if (failure != 0) text.clear();
  return failure;
}

}  // namespace vf::metrics
