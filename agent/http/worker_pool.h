// WorkerPool: a few threads for what may block, so that the loop never does. A job runs once, in the order of
// submission; what it has to tell, it posts to the loop itself.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vf::agent {

class WorkerPool {
 public:
  using Job = std::function<void()>;

  /// At most `threads` (1 or more), each started when a job finds all others busy, named "<name>-<n>" and with all
  /// signals blocked: they belong to the loop's thread.
  WorkerPool(std::string name, unsigned threads);
  /// stop()
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Any thread. false: stopped, and the job is not taken. A job throws nothing, and ends: give it a deadline.
  bool submit(Job job);

  /// Discards the jobs that have not begun, waits for those that have; end them by other means first. Not from a job.
  void stop();

  /// Threads that were started so far, and jobs that wait for one.
  [[nodiscard]] std::size_t thread_count() const;
  [[nodiscard]] std::size_t waiting() const;

 private:
  void work();

  const std::string name_;
  const unsigned max_threads_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::size_t idle_ = 0;  // threads that wait for a job
  bool stopped_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace vf::agent
