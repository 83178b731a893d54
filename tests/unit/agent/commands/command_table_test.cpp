#include "agent/commands/command_table.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "agent/commands/client_commands.h"
#include "agent/commands/command_help.h"
#include "agent/commands/man_page.h"
#include "agent/commands/terminal_text.h"
#include "agent/options_table.h"
#include "agent/options_text.h"

using namespace vf::agent;

TEST_CASE("every command's page says its options, its exit codes and examples, in 80 columns") {
  std::set<std::string_view> seen;
  for (const CommandEntry& command : command_table()) {
    INFO(command.name);
    CHECK(seen.insert(command.name).second);
    CHECK_FALSE(command.examples.empty());
    const std::string page = command_help(command);
    for (const Parameter& one : command.parameters) CHECK(page.find(usage_of(one)) != std::string::npos);
    CHECK(page.find("Exit status: ") != std::string::npos);
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(columns(line) <= 80);
      for (const char c : line) CHECK((c >= ' ' && c < 0x7F));
    }
  }
}

TEST_CASE("the program's own page lists every command that is not hidden") {
  const std::string page = help_text();
  for (const CommandEntry& command : command_table())
    CHECK((page.find("\n  " + std::string(command.name) + " ") != std::string::npos) != command.hidden);
}

TEST_CASE("every command but run is one that can be run: its --help answers 0, a wrong flag 64") {
  for (const CommandEntry& command : command_table()) {
    if (command.name == "run") continue;
    INFO(command.name);
    CHECK(run_client_command({std::string(command.name), "--help"}, {}) == 0);
    CHECK(run_client_command({std::string(command.name), "--no-such-flag"}, {}) == 64);
  }
  CHECK_FALSE(run_client_command({"run"}, {}));
  CHECK_FALSE(run_client_command({"--url", "x"}, {}));
  CHECK_FALSE(run_client_command({}, {}));
}

TEST_CASE("every command and every option is in the man page") {
  const std::string page = man_page();
  for (const CommandEntry& command : command_table()) {
    if (command.hidden) continue;
    const std::string name(command.name);
    CHECK(page.find("\n.SS " + name + "\n") != std::string::npos);
  }
  for (const Option& option : option_table()) CHECK(page.find("\\fB" + std::string(option.name)) != std::string::npos);
  for (const char c : page) CHECK((c == '\n' || (c >= ' ' && c < 0x7F)));
}

TEST_CASE("docs/vf-agent.1 is what the tables say; if not: vf-agent man-page > docs/vf-agent.1") {
  std::ifstream file(VF_SOURCE_DIR "/docs/vf-agent.1");
  std::stringstream text;
  text << file.rdbuf();
  CHECK(text.str() == man_page());
}
