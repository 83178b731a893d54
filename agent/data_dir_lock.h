// DataDirLock: one agent for one data directory. Held until the process ends, however it ends.
#pragma once

#include <string>

#include "supervisor/process/unique_descriptor.h"
#include "supervisor/result.h"

namespace vf::agent {

/// Locks <data_dir>/lock and writes our pid into it. The Error names the pid of who holds it. `inherited` is a
/// descriptor that an earlier program of this process may hold it by.
[[nodiscard]] Result<supervisor::UniqueDescriptor> lock_data_dir(const std::string& data_dir,
                                                                 supervisor::UniqueDescriptor inherited = {});

}  // namespace vf::agent
