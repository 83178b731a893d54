#include "agent/http/connection_shelf.h"

#include <catch2/catch.hpp>

namespace vf::agent {
namespace {

using namespace std::chrono_literals;

struct Connection {
  int number;
  int* closed;
  ~Connection() { ++*closed; }
};

struct Fixture {
  int closed = 0;
  ConnectionShelf<Connection> shelf;
  ConnectionShelf<Connection>::TimePoint now{};

  void put(int number) { shelf.put(std::make_unique<Connection>(Connection{number, &closed}), now); }
  int take() {
    const auto connection = shelf.take(now);
    return connection ? connection->number : 0;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "the connection put back last is taken first") {
  put(1);
  put(2);
  CHECK(take() == 2);
  CHECK(take() == 1);
  CHECK(take() == 0);
}

TEST_CASE_METHOD(Fixture, "a connection that rested for 4.5 s is closed instead of used") {
  put(1);
  now += 1s;
  put(2);
  closed = 0;
  now += 4499ms;
  CHECK(take() == 2);
  CHECK(closed == 1);
  CHECK(take() == 0);
  CHECK(closed == 2);
}

}  // namespace vf::agent
