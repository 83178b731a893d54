#include "agent/http/guarded_socket.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace vf::agent {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): buffer_ is written before it is read
GuardedSocket::GuardedSocket(int socket, ssl_st* tls, const GuardLimits& limits)
    : socket_(socket), tls_(tls), limits_(limits) {
  // Plain sockets are read with MSG_DONTWAIT; OpenSSL has no such flag, and half a record would block it.
  if (tls_ == nullptr) return;
  const int flags = ::fcntl(socket_, F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) == 0) ::fcntl(socket_, F_SETFL, flags | O_NONBLOCK);
}

bool GuardedSocket::wait(short events) {
  milliseconds patience = limits_.silence;
  bool last = false;  // what ends first is the deadline
  if (limits_.deadline) {
    const auto left = std::chrono::ceil<milliseconds>(*limits_.deadline - steady_clock::now());
    last = left <= patience;
    if (last) patience = left;
  }
  for (const auto begin = steady_clock::now();;) {
    const auto waited = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
    pollfd one{socket_, events, 0};
    const int ready = patience <= waited ? 0 : ::poll(&one, 1, static_cast<int>((patience - waited).count()));
    if (ready > 0) return true;  // an error or a hang-up too: the call that follows tells which
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) cut_ = last ? Cut::deadline : Cut::silence;
    return false;
  }
}

bool GuardedSocket::wait_readable() {
  return has_leftover() || (tls_ != nullptr && ::SSL_pending(tls_) > 0) || wait(POLLIN);
}

bool GuardedSocket::wait_writable() {
  return wait(POLLOUT);
}

ssize_t GuardedSocket::fill() {
  // A peer that drips is never silent.
  if (limits_.deadline && steady_clock::now() >= *limits_.deadline) {
    cut_ = Cut::deadline;
    return -1;
  }
  for (;;) {
    ssize_t got = 0;
    short wanted = POLLIN;
    if (tls_ == nullptr) {
      got = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return -1;
    } else {
      got = ::SSL_read(tls_, buffer_.data(), static_cast<int>(buffer_.size()));
      if (got <= 0) {
        const int why = ::SSL_get_error(tls_, static_cast<int>(got));
        if (why == SSL_ERROR_ZERO_RETURN) return 0;
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return -1;
        if (why == SSL_ERROR_WANT_WRITE) wanted = POLLOUT;
        got = -1;
      }
    }
    if (got >= 0) {
      at_ = 0;
      end_ = static_cast<std::size_t>(got);
      return got;
    }
    if (!wait(wanted)) return -1;
  }
}

bool GuardedSocket::may_read_line_byte() {
  if (line_ < longest_line && (head_done_ || head_ < longest_head)) return true;
  cut_ = Cut::head;
  return false;
}

ssize_t GuardedSocket::read(char* to, std::size_t size) {
  if (size == 1 && !may_read_line_byte()) return -1;
  if (at_ == end_) {
    if (const ssize_t got = fill(); got <= 0) return got;
  }
  const std::size_t length = std::min(size, end_ - at_);
  std::memcpy(to, buffer_.data() + at_, length);
  at_ += length;
  if (!head_done_) head_ += length;
  line_ = size == 1 && *to != '\n' ? line_ + 1 : 0;
  return static_cast<ssize_t>(length);
}

ssize_t GuardedSocket::write(const char* bytes, std::size_t size) {
  for (;;) {
    short wanted = POLLOUT;
    if (tls_ == nullptr) {
      const ssize_t sent = ::send(socket_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent >= 0) return sent;
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return -1;
    } else {
      const int length = static_cast<int>(std::min<std::size_t>(size, 1U << 20));
      const int sent = ::SSL_write(tls_, bytes, length);
      if (sent > 0) return sent;
      const int why = ::SSL_get_error(tls_, sent);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return -1;
      if (why == SSL_ERROR_WANT_READ) wanted = POLLIN;
    }
    if (!wait(wanted)) return -1;
  }
}

}  // namespace vf::agent
