// What `vf-agent COMMAND --help` says, and the commands' part of `vf-agent --help`. Pure, at most 80 columns.
#pragma once

#include <string>
#include <string_view>

#include "agent/commands/command_table.h"

namespace vf::agent {

[[nodiscard]] std::string command_help(const CommandEntry& command);

/// One line a command, each indented by two.
[[nodiscard]] std::string commands_overview();

/// "status, top, logs": for a sentence.
[[nodiscard]] std::string command_names();

/// Its help with choices, range and default, as a sentence.
[[nodiscard]] std::string described(const Parameter& parameter);

}  // namespace vf::agent
