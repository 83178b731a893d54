// Completion: what may stand where somebody presses Tab, from the same table as everything else. The shells' scripts
// only ask for it (`vf-agent complete-words -- WORD...`). Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/commands/command_table.h"

namespace vf::agent {

struct Candidate {
  std::string word;
  std::string help;  ///< "" for none
};

/// What can only be had from the agent that runs; empty where it can not.
struct NamesOfAgent {
  std::function<std::vector<std::string>(const std::string& data_dir)> pipelines;
  std::function<std::vector<std::string>(const std::string& data_dir, const std::string& pipeline)> components;
};

/// What a shell completes by itself.
enum class ByShell { nothing, files, folders };

struct Completion {
  std::vector<Candidate> candidates;  ///< all begin with the last word
  ByShell by_shell = ByShell::nothing;
};

/// `words`: the command line without the program's name; the last one is being written, and may be empty. `data_dir`:
/// where they name none.
[[nodiscard]] Completion complete(std::vector<std::string> words, const std::string& data_dir,
                                  const NamesOfAgent& names);

/// The script for "bash", "zsh" or "fish".
[[nodiscard]] std::string completion_script(std::string_view shell);

}  // namespace vf::agent
