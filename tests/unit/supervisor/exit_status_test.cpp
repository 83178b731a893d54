#include "supervisor/process/exit_status.h"

#include <signal.h>

#include <catch2/catch.hpp>

using namespace vf::supervisor;

TEST_CASE("a wait status is an exit code or a signal") {
  CHECK(decode_wait_status(0) == ExitStatus{0, 0});
  CHECK(decode_wait_status(1 << 8) == ExitStatus{1, 0});
  CHECK(decode_wait_status(255 << 8) == ExitStatus{255, 0});
  CHECK(decode_wait_status(SIGKILL) == ExitStatus{0, SIGKILL});
  CHECK(decode_wait_status(SIGSEGV | 0x80) == ExitStatus{0, SIGSEGV});  // with a core dump
}

TEST_CASE("an end is told in words an operator knows") {
  CHECK(in_words({0, 0}) == "exit code 0");
  CHECK(in_words({1, 0}) == "exit code 1");
  CHECK(in_words({78, 0}) == "exit code 78 (bad configuration)");
  CHECK(in_words({0, SIGKILL}) == "signal 9 (Killed)");
  CHECK(in_words({0, SIGTERM}) == "signal 15 (Terminated)");
  CHECK(in_words({0, SIGSEGV}) == "signal 11 (Segmentation fault)");
}
