#include "raw_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace vf::agent::test {
namespace {

int listen_on_loopback(int backlog, std::uint16_t& port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, backlog) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port = ntohs(address.sin_port);
  return listener;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

std::string Peer::read_head() {
  std::string head;
  for (char byte = 0; !head.ends_with("\r\n\r\n"); head.push_back(byte)) {
    if (recv(descriptor_, &byte, 1, 0) != 1) return {};
  }
  return head;
}

std::string Peer::read_request() {
  std::string request = read_head();
  const auto length = request.find("Content-Length: ");
  std::size_t left = length == std::string::npos ? 0 : std::strtoul(request.c_str() + length + 16, nullptr, 10);
  while (left > 0) {
    const std::string part = read_some();
    if (part.empty()) return {};
    request += part;
    left -= std::min(left, part.size());
  }
  return request;
}

std::string Peer::read_some() {
  char buffer[65536];
  const auto count = recv(descriptor_, buffer, sizeof buffer, 0);
  return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : std::string();
}

bool Peer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool Peer::wait_closed(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd entry{descriptor_, POLLIN, 0};
    if (left <= 0 || poll(&entry, 1, static_cast<int>(left)) <= 0) return false;
    if (read_some().empty()) return true;
  }
}

void Peer::drip(std::string_view bytes, bool forever) {
  do {
    for (const char& byte : bytes) {
      if (!write({&byte, 1}) || wait_closed(std::chrono::milliseconds(3))) return;
    }
  } while (forever);
}

void Peer::reset() {
  const linger now{1, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

RawServer::RawServer(Script script) : script_(std::move(script)) {
  signal(SIGPIPE, SIG_IGN);  // as the agent does: OpenSSL's writes raise it
  listener_ = listen_on_loopback(64, port_);
  acceptor_ = std::jthread([this] { accept_all(); });
}

RawServer::~RawServer() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int descriptor : open_) shutdown(descriptor, SHUT_RDWR);
  }
  threads_.clear();
  close(listener_);
}

void RawServer::accept_all() {
  for (;;) {
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const std::lock_guard lock(mutex_);
    open_.push_back(descriptor);
    threads_.emplace_back([this, descriptor, number = connections_++] {
      Peer peer(descriptor);
      script_(peer, number);
      const std::lock_guard closing(mutex_);
      std::erase(open_, descriptor);
      close(descriptor);
    });
  }
}

BlackHole::BlackHole() {
  listener_ = listen_on_loopback(0, port_);
  const sockaddr_in address = loopback(port_);
  for (;;) {
    const int queued = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    connect(queued, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    queued_.push_back(queued);
    pollfd entry{queued, POLLOUT, 0};
    if (poll(&entry, 1, 100) == 0) return;  // this one waits: the queue is full
  }
}

BlackHole::~BlackHole() {
  for (const int queued : queued_) close(queued);
  close(listener_);
}

std::string answer(int status, std::string_view body, std::string_view extra) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(extra) + "\r\n" + std::string(body);
}

int connect_to(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
  return descriptor;
}

}  // namespace vf::agent::test
