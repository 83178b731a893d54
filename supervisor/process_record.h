// What must be remembered of a Vector so that the next agent can take it over: enough to know the process again beyond
// doubt, and what it was doing.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "supervisor/port_pairs.h"

namespace vf::supervisor {

struct ProcessRecord {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  ///< field 22 of /proc/<pid>/stat: clock ticks between boot and the process's start
  std::string boot_id;            ///< /proc/sys/kernel/random/boot_id when it was started: ticks count from there
  std::string executable;         ///< what /proc/<pid>/exe named then, less a " (deleted)"
  PortPair ports;
  std::int64_t version = 0;  ///< of the configuration it runs
  std::string checksum;
  bool healthy = false;             ///< it has answered GET /health
  bool stopping = false;            ///< SIGTERM was sent
  bool reloading = false;           ///< it was told to reload, or is about to be, and how that went is not known
  std::uint64_t stdout_offset = 0;  ///< bytes of its output files that need not be read again
  std::uint64_t stderr_offset = 0;

  friend bool operator==(const ProcessRecord&, const ProcessRecord&) = default;
};

}  // namespace vf::supervisor
