// Agent: the program's parts and how they are wired. One loop, one thread that owns all state; everything that may wait
// is on a worker. Exit codes: 0 after a SIGTERM or SIGINT, 1 where it cannot run at all (main says why).
#pragma once

#include <memory>
#include <optional>

#include "agent/log.h"
#include "agent/options.h"
#include "agent/update/updater.h"

namespace vf::agent {

class Agent {
 public:
  struct Ending {
    int code = 0;
    /// Where it is set the process is to become another program: perform_upgrade(), once the Agent is gone.
    std::optional<Upgrade> upgrade;
    supervisor::UniqueDescriptor lock;  ///< of the data directory
    bool was_connected = false;         ///< the control plane was reached

    [[nodiscard]] static Ending failed() {
      Ending ending;
      ending.code = 1;
      return ending;
    }
  };

  /// `launch` outlives it; its environment is the agent's own, for its Vectors.
  Agent(Options options, const Launch& launch, Log& log);
  ~Agent();

  /// Runs until it was told to end. `handover`: what an earlier program of this process left.
  [[nodiscard]] Ending run(std::optional<Handover> handover);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vf::agent
