// Reads one of the kernel's small text files whole. Blocks as procfs and sysfs do: for microseconds.
#pragma once

#include <string>

namespace vf::metrics {

/// Reads `path` into `text` (whose memory is reused), at most 4 MiB. Returns 0, or errno with `text` empty; EFBIG where
/// the file is longer.
[[nodiscard]] int read_proc_file(const std::string& path, std::string& text);

}  // namespace vf::metrics
