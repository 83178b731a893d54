// vf-agent status
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <ctime>
#include <thread>

#include "agent/commands/commands.h"
#include "agent/commands/status_text.h"
#include "agent/commands/terminal.h"
#include "agent/local/local_client.h"

namespace vf::agent {
namespace {

constexpr std::chrono::seconds between_looks{1};

bool says_ok(const std::string& body) {
  boost::system::error_code failed;
  const boost::json::value root = boost::json::parse(body, failed);
  if (failed || !root.is_object()) return false;
  const boost::json::value* ok = root.get_object().if_contains("ok");
  return ok != nullptr && ok->is_bool() && ok->get_bool();
}

/// One look; the exit code.
int show_status(const std::string& data_dir, bool as_json, TextStyle style, bool clear_first) {
  const auto reply = ask_agent(data_dir, "/status");
  if (!reply) return complain(reply.error(), exit_code::unreachable);
  if (reply.value().status != 200) return complain(reason_of(reply.value()), exit_code::unreachable);
  std::string shown = reply.value().body + "\n";
  if (!as_json) {
    auto text = status_text(reply.value().body, std::time(nullptr), style);
    if (!text) return complain(text.error(), exit_code::unreachable);
    shown = std::move(text).value();
  }
  if (clear_first) shown = "\x1b[H\x1b[2J" + shown;
  if (!print(shown)) return exit_code::failed;
  return says_ok(reply.value().body) ? exit_code::done : exit_code::failed;
}

}  // namespace

int run_status(const Invocation& asked) {
  const bool as_json = asked.text("output") == "json";
  if (!asked.has("watch")) return show_status(asked.data_dir, as_json, look_at_output(asked.environment).style, false);
  for (;;) {
    const Terminal terminal = look_at_output(asked.environment);
    const int code = show_status(asked.data_dir, as_json, terminal.style, !as_json && terminal.is_one);
    if (code == exit_code::unreachable) return code;
    std::this_thread::sleep_for(between_looks);
  }
}

}  // namespace vf::agent
