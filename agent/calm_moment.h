// CalmMoment: waits until no reload is under way, to replace the process image: a reload whose end nobody saw costs
// that Vector a restart. Not for ever. Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

namespace vf::agent {

class CalmMoment {
 public:
  CalmMoment(boost::asio::io_context& loop, std::function<bool()> is_reloading)
      : is_reloading_(std::move(is_reloading)), timer_(loop) {}

  /// Calls `then` once there is one, or `longest_wait` after the first call at the latest.
  void wait(std::function<void()> then);
  /// Calls `then` after a while.
  void rest(std::chrono::milliseconds pause, std::function<void()> then);
  /// Nothing is called any more.
  void cancel() {
    ++generation_;
    timer_.cancel();
  }

 private:
  std::function<bool()> is_reloading_;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point by_{};
  unsigned generation_ = 0;  // a timer that fired just before cancel() is not stopped by it
};

}  // namespace vf::agent
