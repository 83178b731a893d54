// TarArchive: regular files as a ustar archive in memory (POSIX.1-1988). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::agent {

class TarArchive {
 public:
  /// `at`: seconds since 1970, of every file.
  explicit TarArchive(std::int64_t at) : at_(at) {}

  /// `name` is relative, with '/' between folders; at most 100 bytes, or 155 more in front of a '/'. An Error where it
  /// is longer, or the content 8 GiB or more.
  [[nodiscard]] Status add(std::string_view name, std::string_view content);

  /// With its end: two empty blocks. Nothing can be added any more.
  [[nodiscard]] std::string finish() &&;

 private:
  const std::int64_t at_;
  std::string bytes_;
};

}  // namespace vf::agent
