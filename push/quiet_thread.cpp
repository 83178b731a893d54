#include "push/quiet_thread.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace vf::push {
namespace {

// A thread inherits its creator's mask: blocking before and restoring after leaves no moment with signals open.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    // What a fault of this very thread raises: blocked, it would kill without a word from a crash handler.
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

std::jthread start_quiet_thread(const std::string& name, std::function<void()> run) {
  const AllSignalsBlocked blocked;
  return std::jthread([name = name.substr(0, 15), run = std::move(run)] {
    pthread_setname_np(pthread_self(), name.c_str());
    run();
  });
}

}  // namespace vf::push
