#include "agent/reaper.h"

#include <signal.h>
#include <sys/wait.h>

#include <chrono>

namespace vf::agent {

Reaper::Reaper(boost::asio::io_context& loop, std::function<bool(pid_t)> is_ours)
    : child_(loop, SIGCHLD), again_(loop), is_ours_(std::move(is_ours)) {}

void Reaper::start() {
  wait_for_signal();
  reap();
}

void Reaper::stop() {
  child_.cancel();
  again_.cancel();
}

void Reaper::wait_for_signal() {
  child_.async_wait([this](boost::system::error_code cancelled, int) {
    if (cancelled) return;
    reap();
    wait_for_signal();
  });
}

void Reaper::reap() {
  for (;;) {
    siginfo_t ended{};
    // WNOWAIT: look who it is before taking it from whoever else waits for it.
    if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) return;
    if (is_ours_(ended.si_pid)) {
      // Its own wait is about to take it; only then can we see who is behind it.
      again_.expires_after(std::chrono::milliseconds(20));
      again_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) reap();
      });
      return;
    }
    ::waitpid(ended.si_pid, nullptr, WNOHANG);
  }
}

}  // namespace vf::agent
