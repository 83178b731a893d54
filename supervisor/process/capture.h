// Capture: runs a short command and hands back what it printed. For `vector --version` and the like.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "supervisor/process/child.h"

namespace vf::supervisor {

struct Captured {
  ExitStatus status;
  std::string output;  ///< stdout and stderr as they came, at most `limit` bytes; the rest is read and thrown away
};

/// Kills the command, where it still runs; `done` is not called any more.
using CancelCapture = std::function<void()>;

/// Calls `done` once, on the loop: with what was printed, or with an Error where it could not be started or was not
/// done by `deadline` (then it was killed). Command's descriptors are ignored.
CancelCapture capture(boost::asio::io_context& loop, Command command, std::chrono::milliseconds deadline,
                      std::size_t limit, std::function<void(Result<Captured>)> done);

}  // namespace vf::supervisor
