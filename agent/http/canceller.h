// Canceller: how another thread ends what a thread is blocked in. A latch: once cancelled, for good.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>

namespace vf::agent {

class Canceller {
 public:
  /// Any thread, any number of times; does not block beyond the interrupt functions' own running.
  void cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (interrupt_) interrupt_();
  }

  [[nodiscard]] bool cancelled() const { return cancelled_; }

  /// Around something that blocks: while this lives, cancel() also calls `interrupt`, on its own thread; after it,
  /// never. Check cancelled() inside the scope, before blocking: a cancel() before it interrupted nothing.
  class Interruptible {
   public:
    Interruptible(Canceller& canceller, std::function<void()> interrupt) : canceller_(canceller) {
      const std::lock_guard lock(canceller_.mutex_);
      canceller_.interrupt_ = std::move(interrupt);
    }
    ~Interruptible() {
      const std::lock_guard lock(canceller_.mutex_);
      canceller_.interrupt_ = nullptr;
    }
    Interruptible(const Interruptible&) = delete;
    Interruptible& operator=(const Interruptible&) = delete;

   private:
    Canceller& canceller_;
  };

 private:
  std::mutex mutex_;
  std::atomic<bool> cancelled_ = false;
  std::function<void()> interrupt_;
};

}  // namespace vf::agent
