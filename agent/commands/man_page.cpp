#include "agent/commands/man_page.h"

#include <algorithm>
#include <string_view>

#include "agent/commands/command_help.h"
#include "agent/commands/command_table.h"
#include "agent/options_table.h"

namespace vf::agent {
namespace {

/// Text that roff takes for nothing but text.
std::string plain(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool begins_line = i == 0 || text[i - 1] == '\n';
    if (begins_line && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else if (c == '\'')
      result += "\\(aq";
    else if (c == '`')
      result += "\\(ga";
    else if (c == '^')
      result += "\\(ha";
    else if (c == '~')
      result += "\\(ti";
    else
      result += c;
  }
  return result;
}

std::string bold(std::string_view text) {
  return "\\fB" + plain(text) + "\\fR";
}

std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text + (text.ends_with('.') ? "" : ".");
}

std::string usage(const Parameter& parameter) {
  if (parameter.flags.empty()) return "\\fI" + plain(parameter.value) + "\\fR";
  std::string flags(parameter.flags);
  if (const std::size_t comma = flags.find(','); comma != std::string::npos) flags.insert(comma + 1, " ");
  return bold(flags) + (parameter.value.empty() ? "" : " \\fI" + plain(parameter.value) + "\\fR");
}

std::string example(const Example& one) {
  return (one.what.empty() ? "" : ".PP\n" + plain(sentence(std::string(one.what))) + "\n") + ".PP\n.RS 4\n.nf\n" +
         plain(one.command) + "\n.fi\n.RE\n";
}

std::string command_section(const CommandEntry& command) {
  std::string text = ".SS " + plain(command.name) + "\n.PP\n" + bold(synopsis_of(command)) + "\n.PP\n" +
                     plain(sentence(std::string(command.help))) + "\n";
  for (std::string_view rest = command.text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    text += ".PP\n" + plain(rest.substr(0, end)) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const Parameter& one : command.parameters)
    if (!one.hidden) text += ".TP\n" + usage(one) + "\n" + plain(sentence(described(one))) + "\n";
  text += ".PP\nExit status: " + plain(command.exit_codes) + "\n";
  for (const Example& one : command.examples) text += example(one);
  return text;
}

std::string option_entry(const Option& option) {
  std::string head = bold(option.name);
  if (const std::string flag = flag_of(option); !flag.empty()) head += ", " + bold(flag);
  head += " \\fI" + plain(option.value) + "\\fR";
  std::string text = option.required ? "Required. " : "";
  text += std::string(option.help) + " ";
  if (!option.fallback.empty()) text += "Default: " + std::string(option.fallback) + ". ";
  return ".TP\n" + head + "\n" + plain(text + "Takes " + std::string(option.takes) + ".") + "\n";
}

constexpr std::string_view begin = R"(.\" Written by `vf-agent man-page`: change agent/commands/ and run it again.
.TH VF\-AGENT 1 "" "vf\-agent" "User Commands"
.SH NAME
vf\-agent \- keeps one Vector process per pipeline running, as a control plane asks
.SH SYNOPSIS
.PP
\fBvf\-agent\fR [\fBrun\fR] [\fIOPTION\fR]...
.PP
\fBvf\-agent\fR \fICOMMAND\fR [\fIOPTION\fR]... [\fIOPERAND\fR]...
.SH DESCRIPTION
.PP
\fBvf\-agent\fR runs on a host, in a container or on every node of a cluster. A control plane (a VectorFlow server, or a
folder of YAML files) says which Vector pipelines there should be; the agent keeps one Vector process for each running,
applies changes, and reports what it sees. It is never in the data path: if it dies, telemetry flows on.
.PP
The other commands are for whoever looks after the host. Most ask the agent that runs, over the socket
\fIagent.sock\fR in its data directory; that takes the agent's user, or root.
.SH COMMANDS
)";

constexpr std::string_view options_begin = R"(.SH ENVIRONMENT AND OPTIONS OF run
.PP
Every option is an environment variable, and most are a flag too. A flag wins over its variable, the last of several over
the others. An empty variable is one that is not set.
)";

constexpr std::string_view end = R"(.SH FILES
.TP
\fI/var/lib/vf\-agent\fR
What the agent keeps (\fBVF_DATA_DIR\fR): the node's token, the pipelines, \fIagent.sock\fR.
.TP
\fI/var/lib/vector\fR
What the Vectors keep (\fBVF_VECTOR_DATA_DIR\fR): buffers and checkpoints.
.SH OUTPUT
.PP
Tables fit the terminal (\fBCOLUMNS\fR wins over its own answer); there is colour on a terminal only, and none with
\fBNO_COLOR\fR set or \fBTERM=dumb\fR. What pipelines print is made harmless on a terminal, and left as it is in a pipe or
file.
.SH SEE ALSO
.PP
\fBvector\fR(1), \fBjournalctl\fR(1), \fBsystemctl\fR(1)
)";

}  // namespace

std::string man_page() {
  std::string text(begin);
  for (const CommandEntry& command : command_table())
    if (!command.hidden) text += command_section(command);
  text += options_begin;
  std::string_view section;
  for (const Option& option : option_table()) {
    if (option.section != section) text += ".SS " + plain(option.section) + "\n";
    section = option.section;
    text += option_entry(option);
  }
  return text + std::string(end);
}

}  // namespace vf::agent
