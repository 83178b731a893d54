// LocalClient: asks the agent that runs on a data directory, over its unix socket. Blocking; for the program's own
// commands.
#pragma once

#include <string>

#include "supervisor/result.h"

namespace vf::agent {

struct LocalReply {
  unsigned status = 0;
  std::string body;
};

/// The Error says that no agent is there, or that this user may not ask it.
[[nodiscard]] Result<LocalReply> ask_agent(const std::string& data_dir, const std::string& target);

}  // namespace vf::agent
