#include "supervisor/port_pairs.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "supervisor/process/unique_descriptor.h"

using namespace vf::supervisor;

namespace {

/// Ports of a machine that is all make-believe.
struct Machine {
  std::set<std::uint16_t> held;
  int asked = 0;
  [[nodiscard]] std::function<bool(std::uint16_t)> is_free() {
    return [this](std::uint16_t port) {
      ++asked;
      return !held.contains(port);
    };
  }
};

PortPair pair_at(int port) {
  return {static_cast<std::uint16_t>(port), static_cast<std::uint16_t>(port + 1)};
}

/// A listening socket on a port of the kernel's choice.
struct Listening {
  explicit Listening(in_addr_t address, int family = AF_INET)
      : socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage bound{};
    if (family == AF_INET) {
      auto& four = reinterpret_cast<sockaddr_in&>(bound);
      four.sin_family = AF_INET;
      four.sin_addr.s_addr = htonl(address);
    } else {
      bound.ss_family = AF_INET6;  // [::]
    }
    const int one = 1;  // as Vector does
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&bound), size) != 0 ||
        ::listen(socket.get(), 8) != 0)
      return;
    socklen_t length = sizeof bound;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &length);
    port = ntohs(family == AF_INET ? reinterpret_cast<sockaddr_in&>(bound).sin_port
                                   : reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
  }
  UniqueDescriptor socket;
  std::uint16_t port = 0;  // 0: could not be made
};

}  // namespace

TEST_CASE("pairs go upward from the base, metrics then API") {
  Machine machine;
  PortPairs pairs(8688, machine.is_free());
  CHECK(pairs.allocate() == pair_at(8688));
  CHECK(pairs.allocate() == pair_at(8690));
  CHECK(pairs.allocate() == pair_at(8692));
}

TEST_CASE("a pair that was given out never comes again, however free it is") {
  Machine machine;
  PortPairs pairs(20000, machine.is_free());
  std::set<std::uint16_t> seen;
  std::uint16_t last = 0;
  for (int i = 0; i < 500; ++i) {
    const auto pair = pairs.allocate();
    REQUIRE(pair);
    CHECK(pair->metrics > last);
    CHECK(seen.insert(pair->metrics).second);
    CHECK(seen.insert(pair->api).second);
    last = pair->api;
  }
}

TEST_CASE("a pair of which somebody holds either port is skipped, for good") {
  Machine machine;
  machine.held = {8688, 8691};
  PortPairs pairs(8688, machine.is_free());
  CHECK(pairs.allocate() == pair_at(8692));
  machine.held.clear();
  CHECK(pairs.allocate() == pair_at(8694));
}

TEST_CASE("the pairs passed by are told once") {
  Machine machine;
  machine.held = {8688, 8691};
  PortPairs pairs(8688, machine.is_free());
  CHECK(pairs.take_skipped().empty());
  REQUIRE(pairs.allocate());
  CHECK(pairs.take_skipped() == std::vector<PortPair>{pair_at(8688), pair_at(8690)});
  CHECK(pairs.take_skipped().empty());
  REQUIRE(pairs.allocate());
  CHECK(pairs.take_skipped().empty());
}

TEST_CASE("at most 64 pairs are looked at in one call, and the next call goes on behind them") {
  Machine machine;
  for (int port = 8688; port < 8688 + 2 * 64; ++port) machine.held.insert(static_cast<std::uint16_t>(port));
  PortPairs pairs(8688, machine.is_free());
  CHECK_FALSE(pairs.allocate());
  CHECK(machine.asked <= 2 * 64);
  CHECK(pairs.allocate() == pair_at(8688 + 2 * 64));
}

TEST_CASE("the last port is used and nothing beyond it") {
  Machine machine;
  PortPairs even(65532, machine.is_free());
  CHECK(even.allocate() == pair_at(65532));
  CHECK(even.allocate() == pair_at(65534));
  CHECK_FALSE(even.allocate());
  CHECK_FALSE(even.allocate());
  PortPairs odd(65533, machine.is_free());
  CHECK(odd.allocate() == pair_at(65533));
  CHECK_FALSE(odd.allocate());
  PortPairs none(65535, machine.is_free());
  CHECK_FALSE(none.allocate());
}

TEST_CASE("a pair can be used again for its pipeline only while both ports are free") {
  Machine machine;
  PortPairs pairs(8688, machine.is_free());
  const auto pair = pairs.allocate();
  REQUIRE(pair);
  CHECK(pairs.usable(*pair));
  machine.held = {8688};
  CHECK_FALSE(pairs.usable(*pair));
  machine.held = {8689};
  CHECK_FALSE(pairs.usable(*pair));
}

TEST_CASE("a port that somebody listens on is not free, on 127.0.0.1 as on every address") {
  const Listening loopback(INADDR_LOOPBACK);
  REQUIRE(loopback.port != 0);
  CHECK_FALSE(port_is_free(loopback.port));
  const Listening everywhere(INADDR_ANY);
  REQUIRE(everywhere.port != 0);
  CHECK_FALSE(port_is_free(everywhere.port));
  const Listening six(0, AF_INET6);
  if (six.port == 0) {
    WARN("no IPv6 here: [::] was not looked at");
  } else {
    CHECK_FALSE(port_is_free(six.port));
  }
}

TEST_CASE("looking at a port does not take it") {
  const Listening taken(INADDR_LOOPBACK);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(port_is_free(taken.port));
  int free_twice = 0;
  for (int i = 0; i < 10 && free_twice == 0; ++i) {  // somebody else may be quicker to take the port just left
    std::uint16_t port = 0;
    {
      const Listening left(INADDR_LOOPBACK);
      port = left.port;
    }
    if (port_is_free(port) && port_is_free(port)) ++free_twice;
  }
  CHECK(free_twice > 0);
}

TEST_CASE("a connection that lingers after its listener closed does not hold the port") {
  bool free_again = false;
  for (int i = 0; i < 10 && !free_again; ++i) {
    Listening left(INADDR_LOOPBACK);
    REQUIRE(left.port != 0);
    UniqueDescriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(left.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    UniqueDescriptor served(::accept(left.socket.get(), nullptr, nullptr));
    REQUIRE(served);
    left.socket.reset();
    served.reset();  // this end closes first, so it is the one that waits (TIME_WAIT)
    client.reset();
    free_again = port_is_free(left.port);
  }
  CHECK(free_again);
}
