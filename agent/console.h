// Console: the agent's own output (stderr), written by a thread of its own, so that a reader that does not read (a stuck
// container runtime, a stopped terminal) never stops the loop. Bounded: what does not fit is dropped, counted and told.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace vf::agent {

class Console {
 public:
  static constexpr std::size_t max_waiting_bytes = 2U << 20;

  /// Writes to `descriptor`, which stays the caller's. `dropped_line` words the line that says N lines were dropped.
  Console(int descriptor, std::function<std::string(std::uint64_t)> dropped_line);
  /// Waits up to 1 s for what is still to be written.
  ~Console();

  /// Queues one line (the line end is added). Any thread; never waits for the reader.
  void write_line(std::string_view line) { write_line({}, line); }
  /// The same, of two pieces: spares the caller the concatenation.
  void write_line(std::string_view head, std::string_view tail);

  /// Lines dropped so far because nobody read.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  void run(const std::stop_token& stop);
  bool write_out(std::string_view bytes, const std::stop_token& stop);

  const int descriptor_;
  const std::function<std::string(std::uint64_t)> dropped_line_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string waiting_;
  std::uint64_t dropped_ = 0;
  std::uint64_t told_ = 0;
  std::jthread writer_;
};

}  // namespace vf::agent
