#include "agent/commands/command_table.h"

#include <algorithm>

namespace vf::agent {
namespace {

constexpr std::string_view asks_the_agent = "0 done, 1 refused or failed, 2 no agent can be reached, 64 wrong usage.";
constexpr std::string_view does_it_itself = "0 done, 1 refused or failed, 64 wrong usage.";

Parameter data_dir() {
  return {.flags = "--data-dir",
          .value = "DIR",
          .help = "where the agent keeps its data (VF_DATA_DIR)",
          .fallback = "/var/lib/vf-agent",
          .completes = Completes::folder};
}

Parameter vector_bin() {
  return {.flags = "--vector-bin",
          .value = "FILE",
          .help = "the Vector to ask, a path or a name on PATH (VF_VECTOR_BIN)",
          .fallback = "vector",
          .completes = Completes::file};
}

Parameter pipeline() {
  return {.flags = "", .value = "PIPELINE", .help = "its name or id", .fallback = "", .completes = Completes::pipeline};
}

Parameter output(std::string_view help, std::vector<std::string_view> choices) {
  return {.flags = "-o,--output",
          .value = "FORMAT",
          .help = help,
          .fallback = choices.front(),
          .choices = std::move(choices)};
}

Parameter flag(std::string_view flags, std::string_view help) {
  return {.flags = flags, .value = "", .help = help, .fallback = ""};
}

Parameter file(std::string_view flags, std::string_view help) {
  return {.flags = flags, .value = "FILE", .help = help, .fallback = "", .completes = Completes::file};
}

std::vector<CommandEntry> watching() {
  return {
      {"status",
       "what the agent on this host runs, and how it is",
       "One line a pipeline: what its process does, whether what is wanted is what runs, and below it what is wrong. "
       "Then "
       "the last deaths of processes, with their last words.",
       {output("human or json", {"human", "json"}), flag("-w,--watch", "look again every second, until Ctrl-C"),
        data_dir()},
       "0 all is well, 1 something is not, 2 no agent can be reached, 64 wrong usage.",
       {{"vf-agent status", ""},
        {"vf-agent status -w", ""},
        {"vf-agent status -o json | jq '.pipelines[] | select(.sync != \"applied\").name'",
         "the names of those that do not run what is wanted"}}},
      {"top",
       "a live table of what each pipeline takes in, sends out and costs",
       "Events and errors are a second, and change every 5 s; '-' is what is not known (yet). Keys: s sorts by the "
       "next "
       "column, arrows, Page Up, Page Down, Home and End scroll, q quits.",
       {flag("--once", "one table and no keys, for scripts; takes up to 8 s, as a rate needs two looks"),
        {.flags = "-n,--looks",
         .value = "N",
         .help = "so many tables one below the other, then end",
         .fallback = "",
         .least = 1,
         .most = 1'000'000},
        {.flags = "-d,--delay",
         .value = "SECONDS",
         .help = "between two looks",
         .fallback = "2",
         .least = 1,
         .most = 3600},
        {.flags = "-s,--sort",
         .value = "COLUMN",
         .help = "what it is sorted by",
         .fallback = "name",
         .choices = {"name", "in", "out", "errors", "memory", "cpu", "restarts"}},
        output("human or json, of --once and -n", {"human", "json"}),
        data_dir()},
       asks_the_agent,
       {{"vf-agent top", ""},
        {"vf-agent top -s memory", ""},
        {"vf-agent top --once -o json | jq '.pipelines[] | {name, eventsInPerSecond}'", ""}}},
      {"logs",
       "the log lines of a pipeline",
       "What its Vector printed, as the agent keeps it: the last 500 lines at most. With -f it goes on, also past a "
       "restart "
       "of the agent.",
       {pipeline(),
        flag("-f,--follow", "go on with what comes, until Ctrl-C"),
        {.flags = "-n,--lines",
         .value = "N",
         .help = "how many of the last lines, 500 at most",
         .fallback = "100",
         .least = 0,
         .most = 500},
        data_dir()},
       asks_the_agent,
       {{"vf-agent logs edge -n 20", ""}, {"vf-agent logs edge -f | grep ERROR", ""}}},
      {"tap",
       "live events of one component of a pipeline",
       "One event a line on the standard output, as Vector has it. What is to be said about it, and how many events "
       "are not "
       "shown where more come than can be, is on the standard error. It ends after 5 minutes.",
       {pipeline(),
        {.flags = "",
         .value = "COMPONENT",
         .help = "its id, as `vf-agent inspect` lists them; of a sink its inputs are shown",
         .fallback = "",
         .completes = Completes::component},
        {.flags = "--limit",
         .value = "N",
         .help = "end after so many events; 0 for no limit",
         .fallback = "0",
         .least = 0,
         .most = 1'000'000'000},
        data_dir()},
       asks_the_agent,
       {{"vf-agent tap edge parse --limit 10", ""}, {"vf-agent tap edge parse | jq .message", ""}}},
  };
}

std::vector<CommandEntry> acting() {
  return {
      {"restart",
       "give a pipeline a new process",
       "The old one drains and ends first. What it runs stays the same.",
       {pipeline(), data_dir()},
       asks_the_agent,
       {{"vf-agent restart edge", ""}}},
      {"inspect",
       "the configuration a pipeline runs with, secret values as ***",
       "As YAML: its own, and what the agent adds to it (the sidecar) as a second document. What else is known stands "
       "in "
       "comments.",
       {pipeline(), output("yaml or json", {"yaml", "json"}), data_dir()},
       asks_the_agent,
       {{"vf-agent inspect edge", ""}, {"vf-agent inspect edge -o json | jq '.components[].id'", ""}}},
      {"validate",
       "ask Vector whether it would take configuration files",
       "Each file is a pipeline by itself, checked as the agent would check it: with `vector validate` in the "
       "environment that "
       "a pipeline gets, and with the secrets of NAME.env beside NAME.yaml. No agent is needed.",
       {{.flags = "",
         .value = "FILE",
         .help = "a pipeline's YAML; - for the standard input",
         .fallback = "",
         .completes = Completes::file,
         .many = true},
        vector_bin()},
       "0 all are fine, 1 one is refused or could not be checked, 64 wrong usage.",
       {{"vf-agent validate /etc/vf-agent/pipelines/*.yaml", ""},
        {"git show HEAD:edge.yaml | vf-agent validate -", ""},
        {"vf-agent validate --vector-bin /opt/vector/bin/vector edge.yaml", ""}}},
      {"diagnostics",
       "one archive of what somebody who helps needs to know",
       "Status, options, readings, metrics, logs, deaths and versions as a tar.gz. No token and no secret value is in "
       "it, and "
       "no pipeline's YAML; look through it before you hand it on, as logs hold what your programs print. Where no "
       "agent can be "
       "reached it has what there is, and says what is missing.",
       {{.flags = "-o,--output",
         .value = "FILE",
         .help = "where to; - for the standard output (default: vf-agent-diagnostics-HOST-TIME.tar.gz in this folder)",
         .fallback = "",
         .completes = Completes::file},
        data_dir()},
       "0 done, 1 it could not be written, 2 no agent can be reached and the archive is partial, 64 wrong usage.",
       {{"vf-agent diagnostics", ""}, {"ssh host vf-agent diagnostics -o - > host.tar.gz", ""}}},
  };
}

std::vector<CommandEntry> living() {
  return {
      {"enroll",
       "enrol this node at a server now, once",
       "Gives the enrolment token to the server and keeps the node's own token in the data directory, so that the "
       "agent then "
       "starts without VF_TOKEN. The other variables that say how the server is reached count as well (see --help).",
       {{.flags = "--url", .value = "URL", .help = "the server (VF_URL)", .fallback = ""},
        file("--token-file", "file with the enrolment token (VF_TOKEN_FILE, or VF_TOKEN)"),
        file("--ca-file", "PEM bundle that is trusted instead of the system's (VF_CA_FILE)"),
        file("--client-cert", "PEM certificate for the server (VF_CLIENT_CERT)"),
        file("--client-key", "and its key (VF_CLIENT_KEY)"),
        flag("--force", "also where this node is enrolled: it becomes another node"),
        data_dir()},
       does_it_itself,
       {{"vf-agent enroll --url https://vectorflow.example.com --token-file token", ""},
        {"VF_TOKEN=vf_enroll_... vf-agent enroll --url https://cp.example.com", ""}}},
      {"unenroll",
       "forget the node's token",
       "Not while an agent runs on the data directory. The server keeps listing the node until it is deleted there.",
       {data_dir()},
       does_it_itself,
       {{"systemctl stop vf-agent && vf-agent unenroll", ""}}},
      {"version",
       "this program's version, how it was built, and Vector's",
       "",
       {output("human or json", {"human", "json"}), vector_bin()},
       does_it_itself,
       {{"vf-agent version", ""}, {"vf-agent version -o json | jq -r .vector.version", ""}}},
      {"completion",
       "a script that makes a shell complete this program's command lines",
       "",
       {{.flags = "",
         .value = "SHELL",
         .help = "bash, zsh or fish",
         .fallback = "",
         .choices = {"bash", "zsh", "fish"}}},
       does_it_itself,
       {{"source <(vf-agent completion bash)", "in ~/.bashrc"},
        {"vf-agent completion zsh > \"${fpath[1]}/_vf-agent\"", ""},
        {"vf-agent completion fish > ~/.config/fish/completions/vf-agent.fish", ""}}},
      {"man-page",
       "this program's man page, as roff",
       "",
       {},
       does_it_itself,
       {{"vf-agent man-page | man -l -", ""}},
       true},
  };
}

std::vector<CommandEntry> all_commands() {
  std::vector<CommandEntry> all{
      {"run",
       "keep the pipelines running (also without any command)",
       "Runs until SIGTERM or Ctrl-C. Every option is an environment variable, and most are a flag too; "
       "`vf-agent --help` has them all.",
       {flag("--check-options", "say whether the options are right, and run nothing")},
       "0 ended as asked, 1 cannot run, 78 mistakes in the options.",
       {{"vf-agent run --url file:///etc/vf-agent/pipelines", ""}}}};
  for (auto&& group : {watching(), acting(), living()}) all.insert(all.end(), group.begin(), group.end());
  return all;
}

}  // namespace

std::string_view Parameter::key() const {
  if (flags.empty()) return value;
  const std::size_t dashes = flags.rfind("--");
  return flags.substr(dashes + 2);
}

std::span<const CommandEntry> command_table() {
  static const std::vector<CommandEntry> table = all_commands();
  return table;
}

const CommandEntry* command_named(std::string_view name) {
  const auto table = command_table();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const CommandEntry& one) { return one.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string synopsis_of(const CommandEntry& command) {
  std::string text = "vf-agent " + std::string(command.name);
  std::string operands;
  for (const Parameter& one : command.parameters) {
    if (one.hidden) continue;
    if (one.flags.empty()) {
      operands += " " + std::string(one.value) + (one.many ? "..." : "");
      continue;
    }
    text += " [" + std::string(one.flags.substr(0, one.flags.find(',')));
    if (!one.value.empty()) text += " " + std::string(one.value);
    text += "]";
  }
  return text + operands;
}

std::string usage_of(const Parameter& parameter) {
  if (parameter.flags.empty()) return std::string(parameter.value);
  std::string text(parameter.flags);
  if (const std::size_t comma = text.find(','); comma != std::string::npos) text.insert(comma + 1, " ");
  if (!parameter.value.empty()) text += " " + std::string(parameter.value);
  return text;
}

}  // namespace vf::agent
