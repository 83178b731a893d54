#include "agent/options_text.h"

#include <algorithm>
#include <string_view>

#include "agent/commands/command_help.h"
#include "agent/commands/terminal_text.h"
#include "agent/options_table.h"

namespace vf::agent {
namespace {

constexpr std::size_t kHelpColumns = 80;
constexpr std::size_t kPageColumns = 120;

/// "Default: 5s. "; "" where there is none.
std::string default_of(const Option& option, std::string_view quote) {
  if (option.fallback.empty()) return "";
  return "Default: " + std::string(quote) + std::string(option.fallback) + std::string(quote) + ". ";
}

std::string help_of(const Option& option) {
  std::string head = "  " + std::string(option.name);
  if (const std::string flag = flag_of(option); !flag.empty()) {
    head += ", " + flag + " " + std::string(option.value);
  } else {
    head += "=" + std::string(option.value);
  }
  std::string text = option.required ? "Required. " : "";
  text += std::string(option.help) + " " + default_of(option, "") + "Takes " + std::string(option.takes) + ".";
  return head + '\n' + wrapped(text, kHelpColumns, 6);
}

std::string code(std::string_view text) {
  return text.empty() ? "" : "`" + std::string(text) + "`";
}

/// `word` as code where it holds what Markdown would take for markup (VF_URL, AWS_*), without the punctuation around
/// it.
std::string markdown_word(std::string_view word) {
  if (word.find_first_of("_*[]<>=|") == std::string_view::npos) return std::string(word);
  const std::size_t begin = word.starts_with('(') ? 1 : 0;
  std::string_view name = word.substr(begin);
  while (!name.ends_with("...") && !name.empty() &&
         std::string_view(".,;:)").find(name.back()) != std::string_view::npos) {
    name.remove_suffix(1);
  }
  return std::string(word.substr(0, begin)) + code(name) + std::string(word.substr(begin + name.size()));
}

std::string markdown(std::string_view text) {
  std::string result;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    result += (begin == 0 ? "" : " ") + markdown_word(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return result;
}

std::string reference_of(const Option& option) {
  std::string facts;
  if (const std::string flag = flag_of(option); !flag.empty()) facts += "Flag: " + code(flag) + ". ";
  if (option.given == Given::either_case) facts += "No flag; lower case too. ";
  if (option.given == Given::variable) facts += "No flag. ";
  if (option.required) facts += "Required. ";
  facts += default_of(option, "`") + "Takes " + markdown(option.takes) + ".";
  return "\n### " + std::string(option.name) + "\n\n" + wrapped(facts, kPageColumns, 0) + "\n" +
         wrapped(markdown(option.help), kPageColumns, 0) +
         "\nExample: " + code(std::string(option.name) + "=" + std::string(option.example)) + "\n";
}

constexpr std::string_view kHelpBegin =
    R"(vf-agent keeps one Vector process per pipeline running, as a control plane asks.

Usage:
  vf-agent [run] [--OPTION VALUE | --OPTION=VALUE]...
  vf-agent --check-options [--OPTION VALUE]...   says if they are right
  vf-agent COMMAND [OPTION]... [OPERAND]...
  vf-agent COMMAND --help | --help | --version

Commands:
)";

constexpr std::string_view kHelpOptions = R"(
Every option of run is an environment variable, and most are a flag too. A flag
wins over its variable, the last of several over the others. An empty variable
is one that is not set. All mistakes are told at once; the exit status is 78.
)";

constexpr std::string_view kHelpEnd = R"(
Examples:
  A node of a VectorFlow server:
    VF_URL=https://vectorflow.example.com VF_TOKEN=vf_enroll_... vf-agent

  No server: every NAME.yaml in a folder is a pipeline.
    vf-agent --url file:///etc/vf-agent/pipelines

  Behind a company's own certificate authority and proxy:
    HTTPS_PROXY=http://proxy.example.com:3128 vf-agent run \
      --url https://vectorflow.example.com --ca-file /etc/ssl/company.pem \
      --token-file /run/secrets/vf-token

  As a user, beside another agent on the same machine:
    vf-agent --url file:///home/me/pipelines --data-dir /home/me/.vf-agent \
      --metrics-port 19090 --port-base 18688
)";

constexpr std::string_view kReferenceBegin =
    R"(<!-- Written by `vf-agent options-reference` from agent/options_table.cpp: change that and run it again. -->
# Options

Every option is an environment variable, and most are a flag too (`VF_POLL_INTERVAL=5s` is `--poll-interval 5s` or
`--poll-interval=5s`). There is no configuration file.

- A flag wins over its variable, the last of several equal flags over the others.
- White space around a value is dropped. An empty variable is one that is not set.
- A duration is written as in Go: numbers with a unit of `ms`, `s`, `m` or `h`, as in `250ms`, `5s`, `1.5h` or `1m30s`.
- All mistakes are told at once, each with the variable or flag, its value and what would be right; the exit status is 78.
- An unknown variable that begins with `VF_` is a warning that names the nearest known one. `VF_SECRET_*` are left alone.

| Variable | Flag | Default |
|---|---|---|
)";

}  // namespace

std::string help_text() {
  std::string text = std::string(kHelpBegin) + commands_overview() + std::string(kHelpOptions);
  std::string_view section;
  for (const Option& option : option_table()) {
    if (option.section != section) text += "\n" + std::string(option.section) + ":\n";
    section = option.section;
    text += help_of(option);
  }
  return text + std::string(kHelpEnd);
}

std::string options_reference() {
  std::string text(kReferenceBegin);
  for (const Option& option : option_table()) {
    text += "| " + code(option.name) + " | " + code(flag_of(option)) + " | " +
            (option.required ? "required" : code(option.fallback)) + " |\n";
  }
  std::string_view section;
  for (const Option& option : option_table()) {
    if (option.section != section) text += "\n## " + std::string(option.section) + "\n";
    section = option.section;
    text += reference_of(option);
  }
  return text;
}

}  // namespace vf::agent
