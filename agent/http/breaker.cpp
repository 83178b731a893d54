#include "agent/http/breaker.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace vf::agent {

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
  if (own_ >= 0) ::shutdown(own_, SHUT_RDWR);
}

void Breaker::drop() {
  if (const int held = std::exchange(own_, -1); held >= 0) ::close(held);
}

}  // namespace vf::agent
