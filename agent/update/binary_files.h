// The files beside the agent's binary during an upgrade: PATH.update is what was downloaded, PATH.previous the binary
// to come back to, PATH.failed one that did not stand. Everything blocks.
#pragma once

#include <string>

#include "supervisor/result.h"

namespace vf::agent {

[[nodiscard]] std::string update_path(const std::string& binary);
[[nodiscard]] std::string previous_path(const std::string& binary);
[[nodiscard]] std::string failed_path(const std::string& binary);

/// Keeps the program that runs, be its file replaced or removed already, as PATH.previous.
[[nodiscard]] Status keep_previous(const std::string& binary);

/// Puts PATH.update in the place of the binary, with its owner; atomic, and on the disk when it returns.
[[nodiscard]] Status place_update(const std::string& binary);

/// Puts PATH.previous in the place of the binary, which becomes PATH.failed.
[[nodiscard]] Status bring_back_previous(const std::string& binary);

/// Removes what an attempt left beside the binary; PATH.failed stays, for who wants to know why.
void clear_upgrade_files(const std::string& binary);

}  // namespace vf::agent
