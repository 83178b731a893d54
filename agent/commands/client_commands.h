// The command line of everything but `run`: finds the command in command_table.h, parses what it was given, runs it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vf::agent {

/// Runs the command that `arguments` (without the program's name) begins with, and answers the exit code; nothing where
/// it is none of these.
[[nodiscard]] std::optional<int> run_client_command(const std::vector<std::string>& arguments,
                                                    const std::map<std::string, std::string>& environment);

}  // namespace vf::agent
