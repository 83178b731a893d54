// vf-agent completion SHELL, and what its scripts call
#include <chrono>

#include "agent/commands/commands.h"
#include "agent/commands/completion.h"
#include "agent/commands/inspect_text.h"
#include "agent/commands/json_reading.h"
#include "agent/commands/terminal.h"
#include "agent/local/local_client.h"
#include "agent/options.h"

namespace vf::agent {
namespace {

// Somebody has pressed Tab.
constexpr std::chrono::milliseconds patience{1500};

/// "" where there is none: nothing may be said here.
std::string body_of(const std::string& data_dir, const std::string& target) {
  const auto reply = ask_agent(data_dir, target, patience);
  return reply && reply.value().status == 200 ? reply.value().body : std::string();
}

std::vector<std::string> pipelines_of(const std::string& data_dir) {
  std::vector<std::string> names;
  const auto status = read_object(body_of(data_dir, "/status"));
  if (!status) return names;
  for (const boost::json::value& value : items(status.value(), "pipelines")) {
    if (!value.is_object()) continue;
    const std::string name = words(value.get_object(), "name");
    names.push_back(harmless(name.empty() ? words(value.get_object(), "id") : name));
  }
  return names;
}

}  // namespace

int run_completion(const Invocation& asked) {
  return print(completion_script(asked.text("SHELL"))) ? exit_code::done : exit_code::failed;
}

int run_complete_words(const std::vector<std::string>& words, const std::map<std::string, std::string>& environment) {
  Invocation asked;
  asked.environment = environment;
  const NamesOfAgent names{pipelines_of, [](const std::string& data_dir, const std::string& pipeline) {
                             std::vector<std::string> ids =
                                 component_ids(body_of(data_dir, "/pipelines/" + encode_part(pipeline) + "/inspect"));
                             for (std::string& id : ids) id = harmless(id);  // a shell shows them, one a line
                             return ids;
                           }};
  const Completion made = complete(words, asked.variable("VF_DATA_DIR", Options().data_dir), names);
  std::string text;
  for (const Candidate& one : made.candidates) text += one.word + (one.help.empty() ? "" : "\t" + one.help) + "\n";
  if (made.by_shell == ByShell::files) text += ":files\n";
  if (made.by_shell == ByShell::folders) text += ":folders\n";
  return print(text) ? exit_code::done : exit_code::failed;
}

}  // namespace vf::agent
