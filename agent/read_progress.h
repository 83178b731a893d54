// ReadProgress: tells the supervisor every few seconds up to where its Vectors' output has been read and shipped, so
// that the next agent begins there: with the very line after the last one taken, as note() is called before each post.
// Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "agent/log_hub.h"
#include "agent/read_marks.h"
#include "supervisor/supervisor.h"

namespace vf::agent {

class ReadProgress {
 public:
  /// `cursor`: ControlPlane::log_cursor.
  ReadProgress(boost::asio::io_context& loop, supervisor::Supervisor& keeper, const LogHub& hub,
               std::function<std::optional<std::uint64_t>(const std::string& id)> cursor)
      : keeper_(keeper), hub_(hub), cursor_(std::move(cursor)), timer_(loop) {}

  void start();
  /// Lines are about to leave: up to here they may be settled together.
  void note();
  /// Tells it now, beside its turn.
  void mark();
  void forget(const std::string& id) { marks_.erase(id); }

 private:
  supervisor::Supervisor& keeper_;
  const LogHub& hub_;
  std::function<std::optional<std::uint64_t>(const std::string& id)> cursor_;
  boost::asio::steady_timer timer_;
  std::map<std::string, std::pair<std::uint64_t, ReadMarks>> marks_;  // by id, with the generation they belong to
};

}  // namespace vf::agent
