#include "agent/http/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>

#include "push/quiet_thread.h"

namespace vf::agent {
namespace {

std::atomic<int> left_behind = 0;

struct Waiting {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Resolved> answer;
  bool abandoned = false;
};

SocketAddress to_address(const void* address, std::size_t size) {
  SocketAddress out;
  std::memcpy(&out.storage, address, size);
  out.size = static_cast<socklen_t>(size);
  return out;
}

std::optional<SocketAddress> parse_literal(const std::string& host, std::uint16_t port) {
  sockaddr_in v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return to_address(&v4, sizeof v4);
  }
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return to_address(&v6, sizeof v6);
  }
  return std::nullopt;
}

HttpFailure failure(HttpFault fault, const std::string& host, const std::string& reason) {
  return {fault, "cannot resolve " + host + ": " + reason};
}

// On the lookup's own thread.
void look_up(Waiting& waiting, const Lookup& lookup, const std::string& host, std::uint16_t port) {
  Resolved answer = lookup(host, port);
  const std::lock_guard lock(waiting.mutex);
  waiting.answer = std::move(answer);
  if (waiting.abandoned) --left_behind;
  waiting.changed.notify_all();
}

}  // namespace

std::string SocketAddress::text() const {
  char host[NI_MAXHOST] = "?";
  getnameinfo(get(), size, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return host;
}

int lookups_left_behind() {
  return left_behind;
}

Resolved system_lookup(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int fault = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); fault != 0) {
    return failure(HttpFault::resolve, host, fault == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(fault));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_addrlen <= sizeof(sockaddr_storage))
      addresses.push_back(to_address(entry->ai_addr, entry->ai_addrlen));
  }
  if (addresses.empty()) return failure(HttpFault::resolve, host, "it has no address");
  return addresses;
}

Resolved resolve(const std::string& host, std::uint16_t port, std::chrono::steady_clock::time_point until,
                 Canceller& canceller, const Lookup& lookup) {
  if (auto literal = parse_literal(host, port)) return std::vector{std::move(*literal)};
  if (left_behind >= max_lookups_left_behind) {
    return failure(HttpFault::resolve, host, "the system's resolver is stuck with earlier lookups");
  }
  const auto waiting = std::make_shared<Waiting>();
  std::jthread thread =
      push::start_quiet_thread("vf-resolve", [waiting, lookup, host, port] { look_up(*waiting, lookup, host, port); });
  const Canceller::Interruptible scope(canceller, [waiting] {
    const std::lock_guard lock(waiting->mutex);
    waiting->changed.notify_all();
  });
  std::unique_lock lock(waiting->mutex);
  waiting->changed.wait_until(lock, until, [&] { return waiting->answer || canceller.cancelled(); });
  if (waiting->answer) {
    Resolved answer = std::move(*waiting->answer);
    lock.unlock();  // the thread has nothing left to do but to end: joined here
    return answer;
  }
  waiting->abandoned = true;
  ++left_behind;
  lock.unlock();
  thread.detach();
  if (canceller.cancelled()) return failure(HttpFault::cancelled, host, "cancelled");
  return failure(HttpFault::timeout, host, "no answer in time");
}

}  // namespace vf::agent
