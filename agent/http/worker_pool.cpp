#include "agent/http/worker_pool.h"

#include <algorithm>
#include <utility>

#include "push/quiet_thread.h"

namespace vf::agent {

WorkerPool::WorkerPool(std::string name, unsigned threads)
    : name_(std::move(name)), max_threads_(std::max(threads, 1U)) {}

WorkerPool::~WorkerPool() {
  stop();
}

bool WorkerPool::submit(Job job) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  jobs_.push_back(std::move(job));
  if (jobs_.size() > idle_ && threads_.size() < max_threads_) {
    threads_.push_back(push::start_quiet_thread(name_ + "-" + std::to_string(threads_.size()), [this] { work(); }));
  }
  changed_.notify_one();
  return true;
}

void WorkerPool::stop() {
  std::deque<Job> discarded;  // destroyed without the lock: what a job owns may do anything when it goes
  std::vector<std::jthread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    discarded.swap(jobs_);
    threads.swap(threads_);
    changed_.notify_all();
  }
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
    --idle_;
    if (stopped_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

std::size_t WorkerPool::thread_count() const {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

}  // namespace vf::agent
