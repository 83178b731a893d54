// What the program's own standard output is, and writing to it. Blocking.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/commands/terminal_text.h"
#include "supervisor/result.h"

namespace vf::agent {

struct Terminal {
  bool is_one = false;  ///< false: a pipe or a file
  TextStyle style;
  std::size_t rows = 0;  ///< 0: not known
};

/// Of the standard output. COLUMNS wins over the terminal's own answer; colour is for a terminal that is not TERM=dumb,
/// where NO_COLOR is not set.
[[nodiscard]] Terminal look_at_output(const std::map<std::string, std::string>& environment);

/// Writes and flushes to the standard output. Where that cannot be, it says so and answers false.
[[nodiscard]] bool print(std::string_view text);

/// "vf-agent: …" on the standard error, harmless on a terminal; answers `code`.
int complain(std::string_view words, int code);
int complain(const Error& error, int code);

}  // namespace vf::agent
