// The command line, taken apart: which command, which options by flag. Pure; values are not judged here.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vf::agent {

enum class Command {
  run,                ///< also where no command is given
  help,               ///< --help, -h or help, anywhere
  version,            ///< --version, -V or version
  check_options,      ///< --check-options: says what is wrong with the options, and runs nothing
  options_reference,  ///< hidden: prints docs/options.md
};

struct CommandLine {
  Command command = Command::run;
  std::map<std::string_view, std::string> flags;  ///< by the option's name (VF_URL); a repeated flag: the last value
  std::vector<std::string> mistakes;
};

/// `args` is argv without the program's name. A flag is written --flag VALUE or --flag=VALUE; a value that itself
/// begins with "--" needs the '='. No value of a flag ever appears in a mistake, it may be a secret.
[[nodiscard]] CommandLine read_command_line(const std::vector<std::string>& args);

}  // namespace vf::agent
