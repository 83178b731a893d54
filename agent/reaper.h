// Reaper: as process 1 of a container the agent inherits whatever its Vectors leave behind, and must take leave of it, or
// zombies pile up. Its own children are waited for by who started them and are left alone here.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <sys/types.h>

namespace vf::agent {

class Reaper {
 public:
  /// `is_ours` says whether somebody waits for this pid already.
  Reaper(boost::asio::io_context& loop, std::function<bool(pid_t)> is_ours);
  void start();
  void stop();

 private:
  void wait_for_signal();
  void reap();

  boost::asio::signal_set child_;
  boost::asio::steady_timer again_;
  std::function<bool(pid_t)> is_ours_;
};

}  // namespace vf::agent
