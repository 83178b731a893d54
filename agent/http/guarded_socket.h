// GuardedSocket: one exchange over a connected socket, bounded: how long it may take in all, how long a silence may be,
// how long a line and the head of the answer may be. It knows no HTTP beyond that lines are read a byte at a time, as
// cpp-httplib does. Reads ahead in large pieces, as a system call for every 4 KiB is most of what a scrape costs.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

struct ssl_st;

namespace vf::agent {

struct GuardLimits {
  std::chrono::milliseconds silence{0};                           ///< between two bytes, either way
  std::optional<std::chrono::steady_clock::time_point> deadline;  ///< of the exchange as a whole
};

class GuardedSocket {
 public:
  /// No sane line or head is longer. cpp-httplib parses the first line with std::regex, which needs stack for each
  /// byte.
  static constexpr std::size_t longest_line = 8U << 10;
  static constexpr std::size_t longest_head = 64U << 10;

  enum class Cut { none, silence, deadline, head };

  /// `tls` null: none. Neither is owned. The socket becomes non-blocking, for good.
  GuardedSocket(int socket, ssl_st* tls, const GuardLimits& limits);

  /// As recv(2) and send(2) on a blocking socket, with the limits as errors.
  ssize_t read(char* to, std::size_t size);
  ssize_t write(const char* bytes, std::size_t size);
  [[nodiscard]] bool wait_readable();
  [[nodiscard]] bool wait_writable();

  /// What comes now is the body: the limit of the head does not count any more, that of a line (of a chunk) does.
  void head_is_done() { head_done_ = true; }
  /// Bytes that came after the answer: whoever sent them would have them taken for the next one.
  [[nodiscard]] bool has_leftover() const { return at_ < end_; }
  [[nodiscard]] Cut cut() const { return cut_; }

 private:
  [[nodiscard]] bool wait(short events);
  [[nodiscard]] ssize_t fill();
  [[nodiscard]] bool may_read_line_byte();

  const int socket_;
  ssl_st* const tls_;
  const GuardLimits limits_;
  std::array<char, 64U << 10> buffer_;  // not initialised: most exchanges touch a page of it
  std::size_t at_ = 0, end_ = 0;
  std::size_t line_ = 0, head_ = 0;  // bytes of the line, of the head, that were handed out
  bool head_done_ = false;
  Cut cut_ = Cut::none;
};

}  // namespace vf::agent
