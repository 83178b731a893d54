#include "agent/commands/command_help.h"

#include <algorithm>

#include "agent/commands/terminal_text.h"

namespace vf::agent {
namespace {

constexpr std::size_t page_width = 80;
constexpr std::size_t text_begins = 26;

/// A head of its own line where it is too long to have its text beside it.
std::string entry(const std::string& head, std::string_view text) {
  std::string shown = "  " + head;
  const std::string beside = wrapped(text, page_width, text_begins);
  if (shown.size() + 2 > text_begins) return shown + "\n" + beside;
  return shown + beside.substr(shown.size());
}

}  // namespace

std::string described(const Parameter& parameter) {
  std::string text(parameter.help);
  if (parameter.least != parameter.most && parameter.help.find("most") == std::string_view::npos)
    text += " (" + std::to_string(parameter.least) + " to " + std::to_string(parameter.most) + ")";
  // Choices that the sentence names already are not repeated.
  const bool named = std::all_of(parameter.choices.begin(), parameter.choices.end(), [&](std::string_view choice) {
    return parameter.help.find(choice) != std::string_view::npos;
  });
  if (!named) {
    text += ": ";
    for (const std::string_view choice : parameter.choices)
      text += (choice == parameter.choices.front() ? "" : ", ") + std::string(choice);
  }
  if (!parameter.fallback.empty()) text += "; default " + std::string(parameter.fallback);
  return text;
}

std::string command_help(const CommandEntry& command) {
  std::string text = "vf-agent " + std::string(command.name) + ": " + std::string(command.help);
  text = wrapped(text, page_width, 0);
  text += "\nUsage:\n" + wrapped(synopsis_of(command), page_width, 2);
  for (std::string_view rest = command.text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    text += "\n" + wrapped(rest.substr(0, end), page_width, 0);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  text += "\n";
  for (const Parameter& one : command.parameters)
    if (!one.hidden) text += entry(usage_of(one), described(one));
  text += entry("-h, --help", "this text");
  text += "\n" + wrapped("Exit status: " + std::string(command.exit_codes), page_width, 0);
  text += "\nExamples:\n";
  for (const Example& example : command.examples) {
    if (!example.what.empty()) text += "  # " + std::string(example.what) + "\n";
    text += "  " + std::string(example.command) + "\n";
  }
  return text;
}

std::string commands_overview() {
  std::string text;
  for (const CommandEntry& command : command_table()) {
    if (command.hidden) continue;
    std::string head = "  " + std::string(command.name);
    head += std::string(14 - head.size(), ' ');
    text += head + wrapped(command.help, page_width, head.size()).substr(head.size());
  }
  return text;
}

std::string command_names() {
  std::string names;
  for (const CommandEntry& command : command_table())
    if (!command.hidden) names += (names.empty() ? "" : ", ") + std::string(command.name);
  return names + ", help";
}

}  // namespace vf::agent
