#include "agent/http/resolver.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

namespace vf::agent {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A lookup that does not come back until it is let go. Shared, for it outlives who waits for it.
struct Stuck {
  std::mutex mutex;
  std::condition_variable changed;
  bool released = false;
  int inside = 0;

  static Lookup lookup(const std::shared_ptr<Stuck>& stuck) {
    return [stuck](const std::string&, std::uint16_t) -> Resolved {
      std::unique_lock lock(stuck->mutex);
      ++stuck->inside;
      stuck->changed.notify_all();
      stuck->changed.wait(lock, [&] { return stuck->released; });
      --stuck->inside;
      stuck->changed.notify_all();
      return HttpFailure{HttpFault::resolve, "late"};
    };
  }
  bool wait_inside(int count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 10s, [&] { return inside == count; });
  }
  void release() {
    std::unique_lock lock(mutex);
    released = true;
    changed.notify_all();
    REQUIRE(changed.wait_for(lock, 10s, [&] { return inside == 0; }));
  }
};

std::string address_of(const Resolved& resolved) {
  const auto* addresses = std::get_if<std::vector<SocketAddress>>(&resolved);
  return addresses ? addresses->at(0).text() : "?";
}

HttpFailure failure_of(const Resolved& resolved) {
  REQUIRE(std::holds_alternative<HttpFailure>(resolved));
  return std::get<HttpFailure>(resolved);
}

}  // namespace

TEST_CASE("an address needs no lookup") {
  Canceller canceller;
  const Lookup none = [](const std::string&, std::uint16_t) -> Resolved { std::abort(); };
  CHECK(address_of(resolve("127.0.0.1", 80, Clock::now(), canceller, none)) == "127.0.0.1");
  CHECK(address_of(resolve("::1", 80, Clock::now(), canceller, none)) == "::1");
}

TEST_CASE("a name is looked up") {
  Canceller canceller;
  const auto resolved = resolve("localhost", 80, Clock::now() + 10s, canceller);
  const std::string address = address_of(resolved);
  CHECK((address == "127.0.0.1" || address == "::1"));
}

TEST_CASE("a name that does not resolve says so") {
  Canceller canceller;
  // A label of 64 bytes is refused by the resolver itself: nothing goes out.
  const auto failure = failure_of(resolve(std::string(64, 'a') + ".localhost", 80, Clock::now() + 10s, canceller));
  CHECK(failure.fault == HttpFault::resolve);
  CHECK_THAT(failure.words, Catch::StartsWith("cannot resolve aaaa"));
}

TEST_CASE("a lookup that does not come back is given up at the deadline") {
  const auto stuck = std::make_shared<Stuck>();
  Canceller canceller;
  const auto failure = failure_of(resolve("name", 80, Clock::now() + 20ms, canceller, Stuck::lookup(stuck)));
  CHECK(failure.fault == HttpFault::timeout);
  CHECK(failure.words == "cannot resolve name: no answer in time");
  stuck->release();
}

TEST_CASE("a lookup that does not come back is given up when cancelled, before or meanwhile") {
  const auto stuck = std::make_shared<Stuck>();
  Canceller canceller;
  std::jthread cancels([&] {
    stuck->wait_inside(1);
    canceller.cancel();
  });
  CHECK(failure_of(resolve("name", 80, Clock::now() + 1h, canceller, Stuck::lookup(stuck))).fault ==
        HttpFault::cancelled);
  CHECK(failure_of(resolve("name", 80, Clock::now() + 1h, canceller, Stuck::lookup(stuck))).fault ==
        HttpFault::cancelled);
  CHECK(stuck->wait_inside(2));
  stuck->release();
}

TEST_CASE("lookups left behind are bounded, and forgotten when they come back") {
  while (lookups_left_behind() > 0) std::this_thread::yield();  // those of the tests before
  const auto stuck = std::make_shared<Stuck>();
  Canceller canceller;
  for (int i = 0; i < max_lookups_left_behind; ++i) {
    CHECK(failure_of(resolve("name", 80, Clock::now(), canceller, Stuck::lookup(stuck))).fault == HttpFault::timeout);
  }
  const auto failure = failure_of(resolve("name", 80, Clock::now() + 1h, canceller, Stuck::lookup(stuck)));
  CHECK(failure.words == "cannot resolve name: the system's resolver is stuck with earlier lookups");
  CHECK(stuck->wait_inside(max_lookups_left_behind));
  stuck->release();
  while (lookups_left_behind() > 0) std::this_thread::yield();
  CHECK(address_of(resolve("localhost", 80, Clock::now() + 10s, canceller)) != "?");
}

}  // namespace vf::agent
