// vf-agent-next: the agent as it is, but for its version.
#include "agent/version.h"

namespace vf::agent {

const char* const version = "9.9.9";

}  // namespace vf::agent
