// From a command line and an environment to Options, or to every mistake in them at once. Pure but for OptionFiles.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/command_line.h"
#include "agent/option_files.h"
#include "agent/options.h"

namespace vf::agent {

struct ParseOutcome {
  Command command = Command::run;
  Options options;  ///< what to run with; means nothing where there are mistakes or the command is another
  /// Each names the variable or flag, its value (never a secret one) and what would be right. Not empty: exit 78.
  std::vector<std::string> mistakes;
  std::vector<std::string> warnings;  ///< in the same form; the agent runs all the same
};

/// - A flag wins over its variable. White space around a value is dropped; a variable that is empty then is not set.
/// - For help, version and options-reference nothing but the command line is looked at, and that only as far as needed:
///   they work however wrong the rest is.
/// - VF_TOKEN and VF_TOKEN_FILE are a mistake together, but --token-file wins over VF_TOKEN.
/// - A VF_ name that is none of the table's is a warning with the nearest that is, save VF_SECRET_* (pipelines'
///   secrets), VF_TEST_* (this project's tests), VF_AGENT_USER (the container's) and what Kubernetes sets for a
///   Service.
[[nodiscard]] ParseOutcome parse_options(const std::vector<std::string>& args,
                                         const std::map<std::string, std::string>& environment,
                                         const OptionFiles& files);

}  // namespace vf::agent
