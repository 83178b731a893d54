// How a process ended, in words.
#pragma once

#include <string>

namespace vf::supervisor {

struct ExitStatus {
  int code = 0;       ///< exit code where signal is 0
  int signal = 0;     ///< the signal that ended it, or 0
  bool known = true;  ///< false: it was no child of ours (an earlier agent had started it); code and signal are 0
  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

/// From the status word of waitpid(2).
[[nodiscard]] ExitStatus decode_wait_status(int status);

/// "exit code 1", "exit code 78 (bad configuration)", "signal 9 (Killed)", …
[[nodiscard]] std::string in_words(ExitStatus status);

}  // namespace vf::supervisor
