// VectorAsker: runs a short command of the Vector that the options name, as the agent would run it. Blocking.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "agent/commands/invocation.h"
#include "supervisor/process/capture.h"
#include "supervisor/result.h"

namespace vf::agent {

/// --vector-bin or VF_VECTOR_BIN, found on PATH.
[[nodiscard]] Result<std::string> vector_of(const Invocation& asked);

/// What the command printed; an Error with EINTR where a signal asked this program to end, and it was killed. Its
/// environment is a pipeline's: VF_ENV_ALLOW counts, and `secrets` are in it.
[[nodiscard]] Result<supervisor::Captured> ask_vector(const Invocation& asked, std::vector<std::string> arguments,
                                                      const std::map<std::string, std::string>& secrets,
                                                      std::chrono::milliseconds deadline);

}  // namespace vf::agent
