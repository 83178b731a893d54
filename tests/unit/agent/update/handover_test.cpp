#include "agent/update/handover.h"

#include <fcntl.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include "agent/update/trial.h"

namespace vf::agent {

TEST_CASE("a handover comes back as it was given") {
  const Handover full{5, 7, true, "1.2.3", "cannot start: \"quoted\"\nsecond line \xC3\xA9"};
  CHECK(decode_handover(encode(full)) == full);
  CHECK(decode_handover(encode(Handover{})) == Handover{});
}

TEST_CASE("what an environment may hold by chance is no handover") {
  const std::string whole = encode(Handover{5, 7, true, "1.2.3", ""});
  for (std::size_t cut = 0; cut < whole.size(); ++cut) CHECK_FALSE(decode_handover(whole.substr(0, cut)));
  for (const char* text : {"1", "[]", "{}", "{\"lock\":5}", "null",
                           R"({"lock":"5","trial":7,"was_connected":true,"from":"","failure":""})",
                           R"({"lock":5,"trial":-2,"was_connected":true,"from":"","failure":""})",
                           R"({"lock":5,"trial":99999999999,"was_connected":true,"from":"","failure":""})"}) {
    INFO(text);
    CHECK_FALSE(decode_handover(text));
  }
}

TEST_CASE("an inherited descriptor is taken only where it is one, and is not inherited further") {
  const int open_one = ::open("/dev/null", O_RDONLY);
  REQUIRE(open_one > 2);
  const auto taken = take_inherited(open_one);
  REQUIRE(taken);
  CHECK(::fcntl(taken.get(), F_GETFD) == FD_CLOEXEC);
  for (const int none : {-1, 0, 1, 2, 1 << 20}) CHECK_FALSE(take_inherited(none));
}

TEST_CASE("a trial is passed once the loop turns, the state is read and the control plane is as reached as before") {
  const auto turns = [](Trial& trial, unsigned count, bool read, Link link) {
    bool passed = false;
    for (unsigned i = 0; i < count; ++i) passed = trial.turn(read, link) || passed;
    return passed;
  };
  Trial trial({}, true);
  CHECK_FALSE(turns(trial, Trial::turns_wanted - 1, true, Link::connected));
  CHECK_FALSE(turns(trial, 10, false, Link::connected));
  for (const Link link : {Link::connecting, Link::degraded, Link::refused}) CHECK_FALSE(turns(trial, 10, true, link));
  CHECK(trial.turn(true, Link::connected));
  CHECK(trial.over());
  CHECK_FALSE(turns(trial, 10, true, Link::connected));  // told once

  for (const Link link : {Link::connecting, Link::degraded, Link::refused, Link::connected}) {
    Trial unreached_before({}, false);
    CHECK(turns(unreached_before, Trial::turns_wanted, true, link));
  }
}

TEST_CASE("the guard is told how the trial went, and its pipe is closed") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const supervisor::UniqueDescriptor hears(ends[0]);
  Trial trial(supervisor::UniqueDescriptor(ends[1]), true);
  trial.tell(TrialWord::healthy);
  trial.tell(TrialWord::stopping);  // too late, and no harm
  char heard[4];
  CHECK(::read(hears.get(), heard, sizeof heard) == 1);
  CHECK(heard[0] == 'h');
  CHECK(::read(hears.get(), heard, sizeof heard) == 0);
}

}  // namespace vf::agent
