#include "agent/command_line.h"

#include <optional>

#include "agent/commands/command_help.h"
#include "agent/nearest_name.h"
#include "agent/options_table.h"
#include "agent/shown_value.h"

namespace vf::agent {
namespace {

const Option* option_of_flag(std::string_view flag) {
  for (const Option& option : option_table()) {
    if (flag_of(option) == flag) return &option;
  }
  return nullptr;
}

std::optional<Command> command_of(std::string_view word) {
  if (word == "run") return Command::run;
  if (word == "help" || word == "--help" || word == "-h") return Command::help;
  if (word == "version" || word == "--version" || word == "-V") return Command::version;
  if (word == "--check-options") return Command::check_options;
  if (word == "options-reference") return Command::options_reference;
  return std::nullopt;
}

std::string unknown_flag(const std::string& flag) {
  // As a person would try it: there is a variable of that name, and a reason why it has no flag.
  if (flag == "--token") {
    return "--token does not exist, as every user of this machine could read the token in the list of processes: use "
           "VF_TOKEN or --token-file";
  }
  std::vector<std::string> known{"--help", "--version", "--check-options"};
  for (const Option& option : option_table()) {
    if (std::string name = flag_of(option); !name.empty()) known.push_back(std::move(name));
  }
  return shown_value(flag) + " is no option of vf-agent; the nearest one is " + nearest_name(flag, known);
}

}  // namespace

CommandLine read_command_line(const std::vector<std::string>& args) {
  CommandLine line;
  bool commanded = false;  // a word (no flag) has said what to do
  bool help = false;
  bool version = false;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (const auto command = command_of(arg); command && (!commanded || arg.starts_with('-'))) {
      help = help || *command == Command::help;
      version = version || *command == Command::version;
      if (*command == Command::options_reference || *command == Command::check_options) line.command = *command;
      commanded = commanded || !arg.starts_with('-');
      continue;
    }
    if (!arg.starts_with('-')) {
      line.mistakes.push_back(shown_value(arg) + (commanded
                                                      ? ": nothing more is expected here"
                                                      : " is no command of vf-agent; there are " + command_names()));
      commanded = true;
      continue;
    }
    const std::size_t equals = arg.find('=');
    const std::string flag = arg.substr(0, equals);
    const bool inline_value = equals != std::string::npos;
    const bool next_is_value = !inline_value && i + 1 < args.size() && !args[i + 1].starts_with("--");
    const Option* option = option_of_flag(flag);
    if (option == nullptr) {
      line.mistakes.push_back(unknown_flag(flag));
      if (next_is_value) ++i;  // most likely its value, and maybe a secret
      continue;
    }
    if (!inline_value && !next_is_value) {
      line.mistakes.push_back(flag + " lacks its value; it takes " + std::string(option->takes));
      continue;
    }
    line.flags[option->name] = inline_value ? arg.substr(equals + 1) : args[++i];
  }
  if (version) line.command = Command::version;
  if (help) line.command = Command::help;
  return line;
}

}  // namespace vf::agent
