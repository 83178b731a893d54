// OptionFiles: the files that options name, behind a port, so that reading options stays pure.
#pragma once

#include <string>

#include "supervisor/result.h"

namespace vf::agent {

class OptionFiles {
 public:
  virtual ~OptionFiles() = default;
  /// The whole content of a regular file of at most 8 MiB; an Error with errno for anything else.
  [[nodiscard]] virtual Result<std::string> read(const std::string& path) const = 0;
};

/// The files of this machine. Blocks: for use at start only, before the loop turns.
class RealOptionFiles final : public OptionFiles {
 public:
  [[nodiscard]] Result<std::string> read(const std::string& path) const override;
};

}  // namespace vf::agent
