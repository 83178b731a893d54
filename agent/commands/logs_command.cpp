// vf-agent logs PIPELINE [-f] [-n N]
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include "agent/commands/commands.h"
#include "agent/commands/stream_object.h"
#include "agent/commands/terminal.h"
#include "agent/local/local_client.h"

namespace vf::agent {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::uint64_t all_that_is_kept = 500;
// An agent that is replaced is back within seconds; one that drains many Vectors first takes VF_STOP_TIMEOUT.
constexpr seconds until_given_up{120};
constexpr seconds between_attempts{1};

/// Which process of the agent it is; nothing where that cannot be told.
struct AgentLife {
  std::int64_t pid = 0;
  steady_clock::time_point began;  // to a second or so

  [[nodiscard]] bool is_same(const AgentLife& other) const {
    return pid == other.pid && began - other.began < seconds(3) && other.began - began < seconds(3);
  }
};

std::optional<AgentLife> look_at_agent(const std::string& data_dir) {
  const auto reply = ask_agent(data_dir, "/status");
  if (!reply || reply.value().status != 200) return std::nullopt;
  boost::system::error_code failed;
  const boost::json::value root = boost::json::parse(reply.value().body, failed);
  if (failed || !root.is_object()) return std::nullopt;
  const auto* const pid = root.get_object().if_contains("pid");
  const auto* const uptime = root.get_object().if_contains("uptimeSeconds");
  if (pid == nullptr || !pid->is_int64() || uptime == nullptr || !uptime->is_int64()) return std::nullopt;
  return AgentLife{pid->get_int64(), steady_clock::now() - seconds(uptime->get_int64())};
}

class LogReader {
 public:
  explicit LogReader(const Invocation& asked)
      : asked_(asked),
        follow_(asked.has("follow")),
        base_("/pipelines/" + encode_part(asked.text("PIPELINE")) + "/logs"),
        on_terminal_(look_at_output(asked.environment).is_one) {}

  int run() {
    std::uint64_t lines = asked_.number("lines", 100);
    auto lost_at = steady_clock::now();
    for (;;) {
      const auto ended = read(lines);
      if (!written_) return exit_code::failed;
      if (ended && ended.value().enough) return exit_code::done;
      if (open_now_) lost_at = steady_clock::now();
      const bool is_over = steady_clock::now() - lost_at > until_given_up;
      if (!ended) {
        if (!opened_ || is_over) return complain(ended.error(), exit_code::unreachable);
        if (!follow_) return complain(ended.error(), exit_code::failed);
      } else if (ended.value().reply.status != 200) {
        // Right after its start an agent may not know its pipelines yet.
        if (!opened_ || is_over || is_same_agent(look_at_agent(asked_.data_dir)))
          return complain(reason_of(ended.value().reply), exit_code::failed);
      } else if (!follow_) {
        return exit_code::done;
      }
      if (open_now_) complain("the agent has ended the stream; trying again", 0);
      lines = all_that_is_kept;
      std::this_thread::sleep_for(between_attempts);
    }
  }

 private:
  Result<StreamEnd> read(std::uint64_t lines) {
    open_now_ = false;
    std::string target = base_ + "?n=" + std::to_string(lines);
    if (follow_) target += "&follow=1";
    StreamReader reader;
    reader.output = STDOUT_FILENO;
    reader.on_open = [this] { on_open(); };
    reader.on_line = [this](std::string_view line) { return on_line(line); };
    reader.on_pause = [this] { written_ = written_ && print(""); };
    return read_stream(asked_.data_dir, target, reader);
  }

  [[nodiscard]] bool is_same_agent(const std::optional<AgentLife>& now) const {
    return now && life_ && now->is_same(*life_);
  }

  /// Lines that the same agent has told already are not told again.
  void on_open() {
    open_now_ = true;
    if (follow_) {
      const auto now = look_at_agent(asked_.data_dir);
      const bool same = opened_ && is_same_agent(now);
      skip_to_ = same ? next_ : 0;
      if (opened_)
        complain(same ? "the stream goes on" : "another agent is there; what its log begins with follows", 0);
      life_ = now;
    }
    opened_ = true;
  }

  bool on_line(std::string_view json) {
    const StreamObject object = read_stream_object(json);
    if (object.kind == StreamObject::Kind::dropped)
      complain(std::to_string(object.number) + (object.number == 1 ? " line is" : " lines are") + " not shown", 0);
    if (object.kind == StreamObject::Kind::notice) complain(object.text, 0);
    if (object.kind != StreamObject::Kind::line || object.number < skip_to_) return true;
    next_ = object.number + 1;
    const std::string shown = (on_terminal_ ? harmless(object.text) : object.text) + "\n";
    written_ = std::fwrite(shown.data(), 1, shown.size(), stdout) == shown.size();
    if (!written_) complain(system_error("write to the standard output", errno), 0);
    return written_;
  }

  const Invocation& asked_;
  const bool follow_;
  const std::string base_;
  const bool on_terminal_;
  bool opened_ = false;    // ever
  bool open_now_ = false;  // in this attempt
  bool written_ = true;
  std::uint64_t next_ = 0, skip_to_ = 0;
  std::optional<AgentLife> life_;
};

}  // namespace

int run_logs(const Invocation& asked) {
  return LogReader(asked).run();
}

}  // namespace vf::agent
