#include "agent/commands/client_commands.h"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <variant>

#include "agent/commands/command_help.h"
#include "agent/commands/command_table.h"
#include "agent/commands/commands.h"
#include "agent/commands/man_page.h"
#include "agent/commands/terminal.h"
#include "agent/options.h"

namespace vf::agent {
namespace {

using Run = int (*)(const Invocation&);

int run_man_page(const Invocation&) {
  return print(man_page()) ? exit_code::done : exit_code::failed;
}

Run code_of(std::string_view name) {
  static const std::map<std::string_view, Run> runs{
      {"status", run_status},     {"top", run_top},         {"logs", run_logs},
      {"tap", run_tap},           {"restart", run_restart}, {"inspect", run_inspect},
      {"validate", run_validate}, {"enroll", run_enroll},   {"diagnostics", run_diagnostics},
      {"unenroll", run_unenroll}, {"version", run_version}, {"completion", run_completion},
      {"man-page", run_man_page}};
  const auto found = runs.find(name);
  return found == runs.end() ? nullptr : found->second;
}

/// The library's words name options and values alone; what it is about is ours to say.
std::string in_words(const CLI::ParseError& error, const CommandEntry& command) {
  return std::string(command.name) + ": " + error.what() + "; see `vf-agent " + std::string(command.name) + " --help`";
}

CLI::Validator one_of(std::vector<std::string_view> choices) {
  return CLI::Validator(
      [choices = std::move(choices)](const std::string& given) {
        std::string all;
        for (const std::string_view choice : choices) {
          if (given == choice) return std::string();
          all += (all.empty() ? "" : ", ") + std::string(choice);
        }
        return "\"" + given + "\" is none of " + all;
      },
      "");
}

CLI::Validator number_between(std::int64_t least, std::int64_t most) {
  return CLI::Validator(
      [least, most](const std::string& given) {
        std::int64_t value = 0;
        const auto [end, failed] = std::from_chars(given.data(), given.data() + given.size(), value);
        if (failed == std::errc() && end == given.data() + given.size() && value >= least && value <= most)
          return std::string();
        return "\"" + given + "\" is no whole number from " + std::to_string(least) + " to " + std::to_string(most);
      },
      "");
}

/// What was given; the exit code where that was not right or asked for help.
std::variant<Invocation, int> parse(const CommandEntry& command, std::vector<std::string> arguments) {
  CLI::App app;
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, std::string> single;  // a list would take the next operand as well
  std::vector<std::pair<const Parameter*, CLI::Option*>> added;
  app.set_help_flag("-h,--help");
  for (const Parameter& one : command.parameters) {
    const std::string key(one.key());
    CLI::Option* option = nullptr;
    if (one.value.empty()) {
      option = app.add_flag(std::string(one.flags));
    } else {
      const std::string name = one.flags.empty() ? key : std::string(one.flags);
      option = one.many ? app.add_option(name, values[key], "") : app.add_option(name, single[key], "");
      option->required(one.flags.empty());
      if (!one.many) option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    if (!one.choices.empty()) option->check(one_of(one.choices));
    if (one.least != one.most) option->check(number_between(one.least, one.most));
    added.emplace_back(&one, option);
  }
  try {
    std::reverse(arguments.begin(), arguments.end());  // as the library wants them
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return print(command_help(command)) ? exit_code::done : exit_code::failed;
  } catch (const CLI::ParseError& error) {
    return complain(in_words(error, command), exit_code::usage);
  }
  Invocation asked;
  for (const auto& [parameter, option] : added) {
    if (option->count() == 0) continue;
    const std::string key(parameter->key());
    std::vector<std::string>& given = asked.given[key];
    if (parameter->many)
      given = values[key];
    else if (!parameter->value.empty())
      given = {single[key]};
  }
  return asked;
}

}  // namespace

std::optional<int> run_client_command(const std::vector<std::string>& arguments,
                                      const std::map<std::string, std::string>& environment) {
  if (arguments.empty()) return std::nullopt;
  if (arguments[0] == "complete-words") {
    const bool divided = arguments.size() > 1 && arguments[1] == "--";
    return run_complete_words({arguments.begin() + (divided ? 2 : 1), arguments.end()}, environment);
  }
  const bool wants_help = arguments[0] == "help" && arguments.size() == 2;
  const CommandEntry* const command = command_named(arguments[wants_help ? 1 : 0]);
  const Run code = command == nullptr ? nullptr : code_of(command->name);
  if (code == nullptr) return std::nullopt;
  if (wants_help) return print(command_help(*command)) ? exit_code::done : exit_code::failed;

  ::signal(SIGPIPE, SIG_DFL);
  auto parsed = parse(*command, {arguments.begin() + 1, arguments.end()});
  if (const int* const ended = std::get_if<int>(&parsed)) return *ended;
  auto& asked = std::get<Invocation>(parsed);
  asked.environment = environment;
  asked.data_dir = asked.text("data-dir", asked.variable("VF_DATA_DIR", Options().data_dir));
  return code(asked);
}

}  // namespace vf::agent
