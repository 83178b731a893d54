// WorkerPool: a few threads for what may wait, so that the loop does not have to. Jobs start in the order they were
// given; with one thread they also end in it. A job posts its own result back to the loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vf::agent {

class WorkerPool {
 public:
  /// `name` is what the threads are called in ps and top (15 characters at most). They are started as jobs need them.
  WorkerPool(std::string name, unsigned max_threads);
  ~WorkerPool();  ///< stop()
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Any thread. After stop() the job is thrown away.
  void submit(std::function<void()> job);

  /// Waits until everything that was given is done, then stop(). Nobody gives jobs any more.
  void finish();

  /// Throws away what has not begun and waits for what has. Whoever gave a job that may wait long ends that first.
  void stop();

 private:
  void run();

  const std::string name_;
  const unsigned max_threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable done_;  // a thread has nothing to do
  std::deque<std::function<void()>> jobs_;
  unsigned idle_ = 0;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace vf::agent
