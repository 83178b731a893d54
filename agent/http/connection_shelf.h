// ConnectionShelf: connections at rest between two requests, the last one used on top, so that few stay in use and the
// others age out. Thread-safe; time is an argument.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace vf::agent {

template <typename Connection>
class ConnectionShelf {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// VectorFlow closes a connection after 5 s at rest: one that rested for 4.5 s is not worth trying.
  static constexpr std::chrono::milliseconds longest_rest{4500};

  void put(std::unique_ptr<Connection> connection, TimePoint now) {
    const std::lock_guard lock(mutex_);
    resting_.push_back({std::move(connection), now});
  }

  /// The one put back last, null where none is fresh. Those that rested too long are closed.
  [[nodiscard]] std::unique_ptr<Connection> take(TimePoint now) {
    std::vector<Resting> stale;  // closed without the lock
    const std::lock_guard lock(mutex_);
    if (resting_.empty()) return nullptr;
    if (now - resting_.back().since >= longest_rest) {
      stale.swap(resting_);  // the others rest even longer
      return nullptr;
    }
    auto connection = std::move(resting_.back().connection);
    resting_.pop_back();
    return connection;
  }

 private:
  struct Resting {
    std::unique_ptr<Connection> connection;
    TimePoint since;
  };
  std::mutex mutex_;
  std::vector<Resting> resting_;
};

}  // namespace vf::agent
