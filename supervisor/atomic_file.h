// Whole files, written so that a reader or a crash sees the old content or the new one, never a part. Blocking (fsync):
// called on workers, not on the loop.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::supervisor {

/// Temp file beside `path`, write, fsync, rename, fsync of the directory. A file that already has this content and mode
/// is left as it is.
[[nodiscard]] Status write_atomically(const std::string& path, std::string_view content, mode_t mode);

/// The same without waiting for the disk: whole for whoever reads it, but after the host's crash it may be torn.
[[nodiscard]] Status replace_unsynced(const std::string& path, std::string_view content, mode_t mode);

/// All of it, to a file that `path` names in the Error.
[[nodiscard]] Status write_all(int descriptor, std::string_view content, const std::string& path);

/// Waits until what was renamed, made and removed in the folder is on the disk.
[[nodiscard]] Status sync_directory(const std::string& path);

/// The whole file; an Error with code ENOENT where there is none, EFBIG where it is larger than `limit` bytes.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t limit = 64U << 20);

/// Makes the directory and its parents where missing; the last one gets `mode`, also where it was there already.
[[nodiscard]] Status make_directory(const std::string& path, mode_t mode);

/// Renames a file over another of the same file system, and has its new directory know it for good.
[[nodiscard]] Status move_file(const std::string& from, const std::string& to);

/// Removes the file; one that is not there is no error.
[[nodiscard]] Status remove_file(const std::string& path);

}  // namespace vf::supervisor
