// The commands that ask the agent which runs on this host: `vf-agent status …`.
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

/// Their names, each with one line of help.
[[nodiscard]] const std::map<std::string, std::string>& client_commands();

}  // namespace vf::agent
