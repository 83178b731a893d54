// vf-agent restart PIPELINE
#include "agent/commands/commands.h"
#include "agent/commands/terminal.h"
#include "agent/local/local_client.h"

namespace vf::agent {

int run_restart(const Invocation& asked) {
  const std::string pipeline = asked.text("PIPELINE");
  const auto reply = tell_agent(asked.data_dir, "/pipelines/" + encode_part(pipeline) + "/restart");
  if (!reply) return complain(reply.error(), exit_code::unreachable);
  if (reply.value().status != 202) return complain(reason_of(reply.value()), exit_code::failed);
  const bool told = print(harmless(pipeline) + " gets a new process; `vf-agent status` shows when it runs\n");
  return told ? exit_code::done : exit_code::failed;
}

}  // namespace vf::agent
