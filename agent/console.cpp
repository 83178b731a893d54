#include "agent/console.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace vf::agent {
namespace {

// Lines are written in bunches: a flood costs a few hundred writes a second, not one a line.
constexpr std::chrono::milliseconds bunch_time{5};
constexpr std::chrono::seconds last_chance{1};

}  // namespace

Console::Console(int descriptor, std::function<std::string(std::uint64_t)> dropped_line)
    : descriptor_(descriptor), dropped_line_(std::move(dropped_line)) {
  writer_ = std::jthread([this](const std::stop_token& stop) {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);  // signals are the loop's
    ::pthread_setname_np(::pthread_self(), "console");
    run(stop);
  });
}

Console::~Console() {
  writer_.request_stop();
  writer_.join();
}

void Console::write_line(std::string_view head, std::string_view tail) {
  const std::size_t size = head.size() + tail.size() + 1;
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + size > max_waiting_bytes) {
      ++dropped_;
      return;
    }
    was_empty = waiting_.empty();
    waiting_.append(head);
    waiting_.append(tail);
    waiting_ += '\n';
  }
  if (was_empty) changed_.notify_one();
}

std::uint64_t Console::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void Console::run(const std::stop_token& stop) {
  std::string writing;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
      if (waiting_.empty()) return;  // asked to stop, and all is written
      if (!stop.stop_requested()) changed_.wait_for(lock, stop, bunch_time, [] { return false; });
      writing.clear();
      std::swap(writing, waiting_);
      if (dropped_ > told_) {
        writing += dropped_line_(dropped_ - told_);
        writing += '\n';
        told_ = dropped_;
      }
    }
    if (!write_out(writing, stop)) return;
    if (writing.capacity() > (256U << 10)) writing = {};  // a flood's buffer is not kept for quiet times
  }
}

bool Console::write_out(std::string_view bytes, const std::stop_token& stop) {
  std::chrono::steady_clock::time_point give_up{};
  while (!bytes.empty()) {
    // Poll first, with a time limit: the descriptor may be blocking, and its reader may be stuck when we must end.
    pollfd ready{descriptor_, POLLOUT, 0};
    if (::poll(&ready, 1, 100) <= 0) {
      if (!stop.stop_requested()) continue;
      const auto now = std::chrono::steady_clock::now();
      if (give_up == std::chrono::steady_clock::time_point{}) give_up = now + last_chance;
      if (now > give_up) return false;
      continue;
    }
    // A pipe that is ready takes at least PIPE_BUF bytes without blocking; more might block.
    const ssize_t written = ::write(descriptor_, bytes.data(), std::min<std::size_t>(bytes.size(), 4096));
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) return true;  // nobody is there any more; the next lines may meet somebody
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace vf::agent
