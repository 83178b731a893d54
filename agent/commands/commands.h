// The commands, each in a file of its own name. Blocking; each answers the exit code (invocation.h) and has said on the
// standard error why it is not 0.
#pragma once

#include "agent/commands/invocation.h"

namespace vf::agent {

int run_status(const Invocation& asked);
int run_top(const Invocation& asked);
int run_logs(const Invocation& asked);
int run_tap(const Invocation& asked);
int run_restart(const Invocation& asked);
int run_inspect(const Invocation& asked);
int run_validate(const Invocation& asked);
int run_diagnostics(const Invocation& asked);
int run_enroll(const Invocation& asked);
int run_unenroll(const Invocation& asked);
int run_version(const Invocation& asked);

/// `vf-agent completion SHELL`.
int run_completion(const Invocation& asked);
/// What the shells' scripts call: `words` is the command line so far, its last one what is being written.
int run_complete_words(const std::vector<std::string>& words, const std::map<std::string, std::string>& environment);

}  // namespace vf::agent
