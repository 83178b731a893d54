// vf-agent inspect PIPELINE
#include "agent/commands/commands.h"
#include "agent/commands/inspect_text.h"
#include "agent/commands/terminal.h"
#include "agent/local/local_client.h"

namespace vf::agent {
namespace {

/// Line by line, as the layout of YAML is its lines.
std::string harmless_lines(const std::string& text) {
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    result += harmless(text.substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return result;
}

}  // namespace

int run_inspect(const Invocation& asked) {
  const auto reply = ask_agent(asked.data_dir, "/pipelines/" + encode_part(asked.text("PIPELINE")) + "/inspect");
  if (!reply) return complain(reply.error(), exit_code::unreachable);
  if (reply.value().status != 200) return complain(reason_of(reply.value()), exit_code::failed);
  const bool on_terminal = look_at_output(asked.environment).is_one;
  const std::string& body = reply.value().body;
  if (asked.text("output") == "json")
    return print((on_terminal ? harmless(body) : body) + "\n") ? exit_code::done : exit_code::failed;
  const auto text = inspect_text(body);
  if (!text) return complain(text.error(), exit_code::failed);
  return print(on_terminal ? harmless_lines(text.value()) : text.value()) ? exit_code::done : exit_code::failed;
}

}  // namespace vf::agent
