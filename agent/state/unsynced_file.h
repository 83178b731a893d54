// A file replaced whole for whoever reads it, without waiting for the disk: after the host's crash it may be torn. The
// other kind, which is safe then, is supervisor/atomic_file.h. Blocking.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::agent::state {

/// Temp file beside `path` (<path>.new), write, rename.
[[nodiscard]] Status replace_unsynced(const std::string& path, std::string_view content, mode_t mode);

/// Waits until what was renamed, made and removed in the folder is on the disk.
[[nodiscard]] Status sync_directory(const std::string& path);

}  // namespace vf::agent::state
