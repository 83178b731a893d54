#include "agent/http/worker_pool.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace vf::agent {

WorkerPool::WorkerPool(std::string name, unsigned max_threads) : name_(std::move(name)), max_threads_(max_threads) {}

WorkerPool::~WorkerPool() {
  stop();
}

void WorkerPool::submit(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  jobs_.push_back(std::move(job));
  if (idle_ < jobs_.size() && threads_.size() < max_threads_) threads_.emplace_back([this] { run(); });
  changed_.notify_one();
}

void WorkerPool::stop() {
  std::vector<std::jthread> ending;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
    ending.swap(threads_);
  }
  changed_.notify_all();
}

void WorkerPool::finish() {
  {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return jobs_.empty() && idle_ == threads_.size(); });
  }
  stop();
}

void WorkerPool::run() {
  sigset_t all;
  sigfillset(&all);
  for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&all, own);  // a crash's
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);  // signals are the loop's
  ::pthread_setname_np(::pthread_self(), name_.c_str());
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    done_.notify_all();
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    --idle_;
    if (stopping_) return;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds is let go before the lock is taken again
    lock.lock();
  }
}

}  // namespace vf::agent
