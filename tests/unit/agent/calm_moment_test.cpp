#include "agent/calm_moment.h"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

namespace vf::agent {

using std::chrono::milliseconds;

TEST_CASE("a calm moment is waited for until no reload is under way") {
  boost::asio::io_context loop{1};
  int looks = 0;
  CalmMoment calm(loop, [&] { return ++looks < 3; });
  int calls = 0;
  calm.wait([&] { ++calls; });
  CHECK(calls == 0);
  loop.run();
  CHECK(calls == 1);
  CHECK(looks == 3);
}

TEST_CASE("nothing is called after a cancel, not even what was about to be") {
  boost::asio::io_context loop{1};
  CalmMoment calm(loop, [] { return false; });
  int calls = 0;
  calm.rest(milliseconds(0), [&] { ++calls; });
  // Runs in the turn in which the timer is found to be over, before that is told.
  boost::asio::post(loop, [&] { calm.cancel(); });
  loop.run();
  CHECK(calls == 0);
  calm.rest(milliseconds(0), [&] { ++calls; });
  loop.restart();
  loop.run();
  CHECK(calls == 1);
}

}  // namespace vf::agent
