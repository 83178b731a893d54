// Name resolution with an end. getaddrinfo() cannot be interrupted and may take minutes where DNS is dead (timeouts x
// servers x search domains), so it runs on a thread of its own, which is left behind when nobody waits any longer.
//
// That is the one place where a thread of the agent is not joined: it touches nothing but memory it co-owns, ends with
// getaddrinfo(), and at most `max_lookups_left_behind` of them exist at a time.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "agent/http/canceller.h"
#include "agent/http/http_message.h"

namespace vf::agent {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  /// The address without its port, as in "192.0.2.1".
  [[nodiscard]] std::string text() const;
};

/// At least one address, in the order to try them; or why there is none.
using Resolved = std::variant<std::vector<SocketAddress>, HttpFailure>;

/// What may block: name and port to addresses.
using Lookup = std::function<Resolved(const std::string& host, std::uint16_t port)>;

/// getaddrinfo() for TCP.
[[nodiscard]] Resolved system_lookup(const std::string& host, std::uint16_t port);

inline constexpr int max_lookups_left_behind = 8;

/// How many there are now.
[[nodiscard]] int lookups_left_behind();

/// An address (IPv4, or IPv6 without brackets) is answered at once, without a lookup. Fails with `resolve`, `timeout`
/// at `until`, or `cancelled`.
[[nodiscard]] Resolved resolve(const std::string& host, std::uint16_t port, std::chrono::steady_clock::time_point until,
                               Canceller& canceller, const Lookup& lookup = system_lookup);

}  // namespace vf::agent
