// What this program is and what it runs on, for `vf-agent version` and diagnostics.
#pragma once

#include <boost/json/object.hpp>

#include "agent/commands/invocation.h"

namespace vf::agent {

/// {"agent": {"version", "compiler", "build"}, "vector": {"path", "version"} or {"problem"}}
[[nodiscard]] boost::json::object program_facts(const Invocation& asked);

/// {"kernel", "machine", "os", "processors", "memoryBytes"}
[[nodiscard]] boost::json::object host_facts();

}  // namespace vf::agent
