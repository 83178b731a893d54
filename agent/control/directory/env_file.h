// NAME.env: a pipeline's secrets, in the common ground of systemd's EnvironmentFile, docker's --env-file and shells.
// Pure.
//
//   # a comment, at the beginning of a line (';' too)
//   KEY=value                      white space around the value is dropped; nothing in it is special
//   export KEY=value               for those who also source the file
//   KEY='a # b'                    exactly what stands between the quotes; may go over several lines
//   KEY="a \"b\" \\ \$c"           likewise, with \" \\ \$ and \` for these characters; any other '\' is itself
//
// $NAME is never expanded. What the three read differently is refused rather than guessed: in a value without quotes a
// '\' or a '#' after white space; anything after a closing quote; white space before '='; a name alone.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace vf::agent {

struct EnvFile {
  std::map<std::string, std::string> values;  ///< by name, [A-Za-z_][A-Za-z0-9_]*; secret
  std::size_t error_line = 0;                 ///< 1-based line of the first error; 0: there is none
  std::string error;                          ///< why; holds no part of a value
};

/// Stops at the first error; `values` means nothing then. LF and CRLF, with or without a byte order mark.
[[nodiscard]] EnvFile parse_env_file(std::string_view text);

}  // namespace vf::agent
