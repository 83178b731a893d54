// The buffer.lock of each disk buffer: a second Vector on the same data_dir must fail as the real one does.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/standin_vector/config.h"

namespace standin {

class BufferLocks {
 public:
  BufferLocks() = default;
  ~BufferLocks();
  BufferLocks(const BufferLocks&) = delete;
  BufferLocks& operator=(const BufferLocks&) = delete;

  /// Takes the locks that `config` adds; an error for each that another process holds. Locks stay held until the end.
  std::vector<std::string> acquire(const Config& config);

 private:
  std::map<std::string, int> descriptors_;  ///< by path
};

}  // namespace standin
