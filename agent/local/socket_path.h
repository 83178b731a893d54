// The name of the unix socket for the system's calls, which take no more than 107 bytes of it.
#pragma once

#include <string>

#include "supervisor/process/unique_descriptor.h"
#include "supervisor/result.h"

namespace vf::agent {

struct SocketPath {
  supervisor::UniqueDescriptor folder;  ///< what `name` leads through; open for as long as that is used
  std::string name;
};

/// Of agent.sock in `folder`, however long that is.
[[nodiscard]] Result<SocketPath> socket_path(const std::string& folder);

}  // namespace vf::agent
