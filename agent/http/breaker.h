// Breaker: lets another thread end what is blocked in a socket that a library owns. It holds a descriptor of its own of
// that socket, so that it never touches one that the library has closed and whose number stands for another by now.
#pragma once

#include <atomic>
#include <mutex>

namespace vf::agent {

class Breaker {
 public:
  Breaker() = default;
  ~Breaker();
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;

  /// The socket that is under way, instead of the one before.
  void watch(int socket);
  /// The same for one that is about to connect; where the breaker has tripped, its connect fails at once.
  void watch_unconnected(int socket);
  void release();

  /// Any thread, does not block. For good: what is watched later is ended too.
  void trip();
  [[nodiscard]] bool tripped() const { return tripped_; }

 private:
  void drop();

  std::mutex mutex_;
  int own_ = -1;
  std::atomic<bool> tripped_{false};
};

}  // namespace vf::agent
