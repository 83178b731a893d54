#include "agent/version.h"

namespace vf::agent {

const char* const version = VF_VERSION;

}  // namespace vf::agent
