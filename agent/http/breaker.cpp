#include "agent/http/breaker.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace vf::agent {
namespace {

/// Makes it a listener on loopback, until its owner closes it in a moment; false where it has begun to connect.
bool make_unable_to_connect(int socket) {
  int family = 0;
  socklen_t size = sizeof family;
  ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
  if (family == AF_INET6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  return ::listen(socket, 0) == 0;
}

/// A shutdown ends what is connected or connecting. What is not yet would connect all the same.
void end(int socket) {
  if (::shutdown(socket, SHUT_RDWR) == 0 || errno != ENOTCONN) return;
  if (!make_unable_to_connect(socket)) ::shutdown(socket, SHUT_RDWR);
}

}  // namespace

Breaker::~Breaker() {
  drop();
}

void Breaker::watch(int socket) {
  const std::lock_guard lock(mutex_);
  drop();
  own_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (tripped_) ::shutdown(socket, SHUT_RDWR);
}

void Breaker::watch_unconnected(int socket) {
  const std::lock_guard lock(mutex_);
  drop();
  if (!tripped_) {
    own_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    return;
  }
  // A shutdown would not keep it from connecting. The number now stands for something that cannot connect.
  const int no_socket = ::eventfd(0, EFD_CLOEXEC);
  if (no_socket < 0) return;
  ::dup3(no_socket, socket, O_CLOEXEC);
  ::close(no_socket);
}

void Breaker::release() {
  const std::lock_guard lock(mutex_);
  drop();
}

void Breaker::trip() {
  const std::lock_guard lock(mutex_);
  tripped_ = true;
  if (own_ >= 0) end(own_);
}

void Breaker::drop() {
  if (const int held = std::exchange(own_, -1); held >= 0) ::close(held);
}

}  // namespace vf::agent
