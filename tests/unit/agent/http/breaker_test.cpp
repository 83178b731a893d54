#include "agent/http/breaker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <thread>

#include "supervisor/process/unique_descriptor.h"

namespace vf::agent {
namespace {

using supervisor::UniqueDescriptor;

UniqueDescriptor new_socket(int family = AF_INET) {
  UniqueDescriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(socket);
  return socket;
}

/// Listens on 127.0.0.1, and takes nobody in but into its backlog.
struct Listener {
  Listener() {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket.get(), as_any(), size) == 0);
    REQUIRE(::listen(socket.get(), 8) == 0);
    REQUIRE(::fcntl(socket.get(), F_SETFL, O_NONBLOCK) == 0);
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  }
  [[nodiscard]] const sockaddr* as_any() const { return reinterpret_cast<const sockaddr*>(&address); }
  [[nodiscard]] bool takes(const UniqueDescriptor& client) const {
    return ::connect(client.get(), as_any(), sizeof address) == 0;
  }
  UniqueDescriptor socket = new_socket();
  sockaddr_in address{};
};

}  // namespace

TEST_CASE("what has not begun to connect when the breaker trips does not connect any more") {
  const Listener listener;
  SECTION("watched before") {
    Breaker breaker;
    const UniqueDescriptor client = new_socket();
    breaker.watch_unconnected(client.get());
    breaker.trip();
    CHECK_FALSE(listener.takes(client));
  }
  SECTION("watched after") {
    Breaker breaker;
    breaker.trip();
    const UniqueDescriptor client = new_socket();
    breaker.watch_unconnected(client.get());
    CHECK_FALSE(listener.takes(client));
  }
  SECTION("IPv6") {
    Breaker breaker;
    const UniqueDescriptor client(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!client) return;  // a host without it
    breaker.watch_unconnected(client.get());
    breaker.trip();
    sockaddr_in6 mapped{};
    mapped.sin6_family = AF_INET6;
    mapped.sin6_port = listener.address.sin_port;
    REQUIRE(::inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr) == 1);
    CHECK(::connect(client.get(), reinterpret_cast<const sockaddr*>(&mapped), sizeof mapped) != 0);
  }
}

TEST_CASE("what is connected is ended, and what was released is left alone") {
  const Listener listener;
  Breaker breaker;
  const UniqueDescriptor released = new_socket();
  const UniqueDescriptor watched = new_socket();
  for (const auto* client : {&released, &watched}) {
    breaker.watch_unconnected(client->get());
    REQUIRE(listener.takes(*client));
    if (client == &released) breaker.release();
  }
  breaker.trip();
  char byte = 0;
  CHECK(::recv(watched.get(), &byte, 1, 0) == 0);
  CHECK(::recv(released.get(), &byte, 1, MSG_DONTWAIT) < 0);
}

TEST_CASE("a breaker that trips at any moment of a connect leaves nothing that waits") {
  const Listener listener;
  for (int i = 0; i < 300; ++i) {
    Breaker breaker;
    const UniqueDescriptor client = new_socket();
    breaker.watch_unconnected(client.get());
    std::jthread other([&] { breaker.trip(); });
    const bool connected = listener.takes(client);
    other.join();
    char byte = 0;
    if (connected) CHECK(::recv(client.get(), &byte, 1, MSG_DONTWAIT) == 0);
    const UniqueDescriptor taken(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));  // room for others
  }
}

}  // namespace vf::agent
