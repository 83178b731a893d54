// Agent: the program's parts and how they are wired. One loop, one thread that owns all state; everything that may wait
// is on a worker. Exit codes: 0 after a SIGTERM or SIGINT, 1 where it cannot run at all (main says why).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/log.h"
#include "agent/options.h"

namespace vf::agent {

class Agent {
 public:
  /// `environment` is the agent's own, for its Vectors.
  Agent(Options options, std::map<std::string, std::string> environment, Log& log);
  ~Agent();

  /// Runs until it was told to end; the process's exit code.
  int run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vf::agent
