// LocalClient: asks the agent that runs on a data directory, over its unix socket. Blocking; for the program's own
// commands. What is asked and answered: docs/local-api.md.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::agent {

struct LocalReply {
  unsigned status = 0;
  std::string body;
};

inline constexpr std::chrono::milliseconds usual_patience{10'000};

/// GET. The Error says that no agent is there, or that this user may not ask it.
[[nodiscard]] Result<LocalReply> ask_agent(const std::string& data_dir, const std::string& target,
                                           std::chrono::milliseconds patience = usual_patience);

/// POST, without a body.
[[nodiscard]] Result<LocalReply> tell_agent(const std::string& data_dir, const std::string& target);

/// Who reads a stream, and how long for.
struct StreamReader {
  std::function<void()> on_open;                       ///< the answer is 200; may be empty
  std::function<bool(std::string_view line)> on_line;  ///< without its newline, blank ones left out; false: enough
  /// Called when all lines that came together were told; may be empty.
  std::function<void()> on_pause;
  std::chrono::milliseconds silence{
      45'000};      ///< nothing for longer than this is an Error: a blank line comes each 15 s
  int output = -1;  ///< a pipe whose reader's end ends the stream too; -1: none
};

struct StreamEnd {
  LocalReply reply;     ///< without a body where its status is 200
  bool enough = false;  ///< the reader ended it, or who reads its output
};

/// GET of a stream. The Error says that no agent is there, or that the stream broke.
[[nodiscard]] Result<StreamEnd> read_stream(const std::string& data_dir, const std::string& target,
                                            const StreamReader& reader);

/// "a b/c" as "a%20b%2Fc": a part of a path, or a value in a query.
[[nodiscard]] std::string encode_part(std::string_view text);

/// What an answer that is not 200 says: its `error`, or its status.
[[nodiscard]] std::string reason_of(const LocalReply& reply);

}  // namespace vf::agent
