// Whether a process is the one that was remembered. A pid says little: after its end it may be anybody's. Start time,
// boot, executable and command line together say enough.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "supervisor/process/unique_descriptor.h"
#include "supervisor/process_record.h"
#include "supervisor/result.h"

namespace vf::supervisor {

/// Fills in what identifies the live process `pid`: start_ticks, boot_id, executable. Small reads of /proc.
[[nodiscard]] Status identify(pid_t pid, ProcessRecord& into);

/// How long ago it was started, on this boot; the wall clock has no say in it.
[[nodiscard]] std::chrono::milliseconds age_of(const ProcessRecord& record);

/// Empty where there is no such process.
[[nodiscard]] UniqueDescriptor open_pidfd(pid_t pid);

/// A pidfd of the process that `record` tells of, where it still lives and was started with `--config <config>`. The
/// Error says why not: it ended, or its pid is another's now. Small reads of /proc.
[[nodiscard]] Result<UniqueDescriptor> open_known(const ProcessRecord& record, const std::string& config);

}  // namespace vf::supervisor
