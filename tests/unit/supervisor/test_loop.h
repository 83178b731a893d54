// The loop of a test: runs until a condition holds, with a deadline that only a broken program meets.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <utility>

namespace vf::supervisor::test {

class TestLoop {
 public:
  [[nodiscard]] boost::asio::io_context& context() { return loop_; }

  template <typename Condition>
  [[nodiscard]] bool until(Condition condition, std::chrono::seconds patience = std::chrono::seconds(60)) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      loop_.run_one_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  /// Runs for a while, to see that something does not happen. What it looks for must show without this, too.
  void run_for(std::chrono::milliseconds time) { loop_.run_for(time); }

 private:
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays_alive_{loop_.get_executor()};
};

/// A worker whose jobs the test can hold back. They are done on the loop, one after the other, in order.
class HeldWorker {
 public:
  explicit HeldWorker(boost::asio::io_context& loop) : loop_(loop) {}

  [[nodiscard]] std::function<void(std::function<void()>)> submitter() {
    return [this](std::function<void()> job) {
      jobs_.push_back(std::move(job));
      boost::asio::post(loop_, [this] {
        if (!held_) do_one();
      });
    };
  }
  void hold() { held_ = true; }
  void release() {
    held_ = false;
    while (!jobs_.empty()) do_one();
  }
  void do_one() {
    if (jobs_.empty()) return;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    job();
  }
  [[nodiscard]] std::size_t waiting() const { return jobs_.size(); }

 private:
  boost::asio::io_context& loop_;
  std::deque<std::function<void()>> jobs_;
  bool held_ = false;
};

}  // namespace vf::supervisor::test
