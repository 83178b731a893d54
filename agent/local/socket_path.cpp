#include "agent/local/socket_path.h"

#include <fcntl.h>

#include <cerrno>

namespace vf::agent {

Result<SocketPath> socket_path(const std::string& folder) {
  supervisor::UniqueDescriptor opened(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return system_error("open " + folder, errno);
  std::string name = "/proc/self/fd/" + std::to_string(opened.get()) + "/agent.sock";
  return SocketPath{std::move(opened), std::move(name)};
}

}  // namespace vf::agent
