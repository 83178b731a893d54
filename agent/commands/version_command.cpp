// vf-agent version
#include <boost/json/serialize.hpp>

#include "agent/commands/build_facts.h"
#include "agent/commands/commands.h"
#include "agent/commands/json_reading.h"
#include "agent/commands/terminal.h"

namespace vf::agent {

int run_version(const Invocation& asked) {
  const boost::json::object facts = program_facts(asked);
  if (asked.text("output") == "json")
    return print(boost::json::serialize(facts) + "\n") ? exit_code::done : exit_code::failed;
  const auto& agent = part(facts, "agent");
  const auto& vector = part(facts, "vector");
  std::string text = "vf-agent " + words(agent, "version") + "\n";
  text += "built by " + words(agent, "compiler") + ", " + words(agent, "build") + "\n";
  text += words(vector, "version").empty()
              ? "Vector: " + harmless(words(vector, "problem")) + "\n"
              : "Vector " + words(vector, "version") + " (" + words(vector, "path") + ")\n";
  return print(text) ? exit_code::done : exit_code::failed;
}

}  // namespace vf::agent
