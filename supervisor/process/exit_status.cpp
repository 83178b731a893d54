#include "supervisor/process/exit_status.h"

#include <sys/wait.h>

#include <cstring>

namespace vf::supervisor {

ExitStatus decode_wait_status(int status) {
  if (WIFSIGNALED(status)) return {0, WTERMSIG(status), true};
  return {WEXITSTATUS(status), 0, true};
}

std::string in_words(ExitStatus status) {
  if (!status.known) return "an unknown status (an earlier vf-agent had started it)";
  if (status.signal != 0) return "signal " + std::to_string(status.signal) + " (" + ::strsignal(status.signal) + ")";
  std::string words = "exit code " + std::to_string(status.code);
  if (status.code == 78) words += " (bad configuration)";  // sysexits' EX_CONFIG, as Vector uses it
  return words;
}

}  // namespace vf::supervisor
