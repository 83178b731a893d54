#include "agent/control/directory/scan_schedule.h"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using vf::agent::ScanSchedule;

namespace {

constexpr ScanSchedule::TimePoint kStart{1000s};

ScanSchedule schedule() {
  return ScanSchedule(100ms, 2s);
}

}  // namespace

TEST_CASE("nothing is scanned that nobody asked for") {
  CHECK_FALSE(schedule().next());
}

TEST_CASE("a scan that is asked for begins at once") {
  ScanSchedule s = schedule();
  s.ask(kStart);
  CHECK(s.next() == kStart);
  s.started(kStart);
  CHECK_FALSE(s.next());
  CHECK(s.finished());
  CHECK_FALSE(s.next());
}

TEST_CASE("a changed folder is scanned when it was quiet for a while") {
  ScanSchedule s = schedule();
  s.changed(kStart);
  CHECK(s.next() == kStart + 100ms);
  s.changed(kStart + 90ms);
  CHECK(s.next() == kStart + 190ms);
}

TEST_CASE("a scan that is asked for waits for quiet too") {
  ScanSchedule s = schedule();
  s.changed(kStart);
  s.ask(kStart + 10ms);
  CHECK(s.next() == kStart + 100ms);
}

TEST_CASE("a folder that is never quiet is scanned when patience ends, and believed") {
  ScanSchedule s = schedule();
  for (auto at = kStart; at < kStart + 2s; at += 50ms) s.changed(at);
  CHECK(s.next() == kStart + 2s);
  s.started(kStart + 2s);
  s.changed(kStart + 2s);
  CHECK(s.finished());
  CHECK(s.next() == kStart + 2100ms);
}

TEST_CASE("a scan during which the folder changed is not believed and done again") {
  ScanSchedule s = schedule();
  s.ask(kStart);
  s.started(kStart);
  s.changed(kStart + 10ms);
  CHECK_FALSE(s.next());
  CHECK_FALSE(s.finished());
  CHECK(s.next() == kStart + 110ms);
  s.started(kStart + 110ms);
  CHECK(s.finished());
  CHECK_FALSE(s.next());
}

TEST_CASE("patience is counted over scans that are not believed") {
  ScanSchedule s = schedule();
  s.changed(kStart);
  auto now = kStart;
  int scans = 0;
  bool believed = false;
  while (!believed) {
    now = *s.next();
    s.started(now);
    s.changed(now + 10ms);
    believed = s.finished();
    REQUIRE(++scans < 100);
  }
  CHECK(now - kStart >= 1900ms);
  CHECK(now - kStart <= 2s);
}

TEST_CASE("however much changes during a scan, one more follows") {
  ScanSchedule s = schedule();
  s.ask(kStart);
  s.started(kStart);
  for (int i = 0; i < 200; ++i) {
    s.changed(kStart + std::chrono::milliseconds(i));
    s.ask(kStart + std::chrono::milliseconds(i));
  }
  CHECK_FALSE(s.next());
  CHECK_FALSE(s.finished());
  s.started(*s.next());
  CHECK(s.finished());
  CHECK_FALSE(s.next());
}

TEST_CASE("a scan that is asked for during a scan follows it") {
  ScanSchedule s = schedule();
  s.ask(kStart);
  s.started(kStart);
  s.ask(kStart + 5ms);
  CHECK(s.finished());
  CHECK(s.next() == kStart + 5ms);
}
