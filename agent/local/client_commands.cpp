#include "agent/local/client_commands.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>

#include "agent/local/local_client.h"
#include "agent/local/status_text.h"
#include "agent/options.h"

namespace vf::agent {
namespace {

constexpr int all_well = 0;
constexpr int degraded = 1;
constexpr int unreachable = 2;
constexpr int bad_usage = 64;
constexpr std::chrono::seconds between_looks{1};

std::string default_data_dir(const std::map<std::string, std::string>& environment) {
  const auto given = environment.find("VF_DATA_DIR");
  return given != environment.end() && !given->second.empty() ? given->second : Options().data_dir;
}

TextStyle style_of_output(const std::map<std::string, std::string>& environment) {
  TextStyle style;
  if (::isatty(STDOUT_FILENO) == 0) return style;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) style.width = size.ws_col;
  style.colour = !environment.contains("NO_COLOR");
  return style;
}

bool says_ok(const std::string& body) {
  boost::system::error_code failed;
  const boost::json::value root = boost::json::parse(body, failed);
  if (failed || !root.is_object()) return false;
  const boost::json::value* ok = root.get_object().if_contains("ok");
  return ok != nullptr && ok->is_bool() && ok->get_bool();
}

int complain(const Error& error, int code) {
  std::fprintf(stderr, "vf-agent: %s\n", error.message().c_str());
  return code;
}

/// One look; the exit code.
int show_status(const std::string& data_dir, bool as_json, TextStyle style, bool clear_first) {
  const auto reply = ask_agent(data_dir, "/status");
  if (!reply) return complain(reply.error(), unreachable);
  if (reply.value().status != 200)
    return complain(Error{"ask the agent", "it answers HTTP " + std::to_string(reply.value().status), 0}, unreachable);
  std::string shown = reply.value().body + "\n";
  if (!as_json) {
    auto text = status_text(reply.value().body, std::time(nullptr), style);
    if (!text) return complain(text.error(), unreachable);
    shown = std::move(text).value();
  }
  if (clear_first) std::fputs("\x1b[H\x1b[2J", stdout);
  std::fputs(shown.c_str(), stdout);
  std::fflush(stdout);
  return says_ok(reply.value().body) ? all_well : degraded;
}

}  // namespace

const std::map<std::string, std::string>& client_commands() {
  static const std::map<std::string, std::string> commands{
      {"status", "what the agent on this host runs, and how it is"}};
  return commands;
}

std::optional<int> run_client_command(const std::vector<std::string>& arguments,
                                      const std::map<std::string, std::string>& environment) {
  if (arguments.empty() || !client_commands().contains(arguments[0])) return std::nullopt;
  ::signal(SIGPIPE, SIG_DFL);

  CLI::App app("vf-agent");
  app.require_subcommand(1);
  std::string data_dir = default_data_dir(environment);
  std::string format = "human";
  bool watch = false;
  CLI::App* const status = app.add_subcommand("status", client_commands().at("status"));
  status->add_option("--data-dir", data_dir, "where the agent keeps its data (VF_DATA_DIR)");
  status->add_option("-o,--output", format, "human or json")->check(CLI::IsMember({"human", "json"}));
  status->add_flag("-w,--watch", watch, "look again every second, until Ctrl-C");
  status->footer(
      "Exit codes: 0 all is well, 1 something is not, 2 no agent can be reached.\n"
      "Examples:\n"
      "  vf-agent status\n"
      "  vf-agent status -w\n"
      "  vf-agent status -o json | jq '.pipelines[] | select(.state != \"running\") | .name'");
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : bad_usage;
  }

  const bool as_json = format == "json";
  const TextStyle style = style_of_output(environment);
  if (!watch) return show_status(data_dir, as_json, style, false);
  for (;;) {
    const int code = show_status(data_dir, as_json, style_of_output(environment), !as_json && ::isatty(STDOUT_FILENO));
    if (code == unreachable) return code;
    std::this_thread::sleep_for(between_looks);
  }
}

}  // namespace vf::agent
