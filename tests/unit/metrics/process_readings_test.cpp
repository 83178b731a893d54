#include "metrics/process_readings.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <ctime>

namespace vf::metrics {
namespace {

TEST_CASE("a process's figures are read past a program name full of blanks and parentheses") {
  const auto readings = parse_process_stat(
      "4242 (a) R (b c) S 1 4242 4242 0 -1 4194304 500 0 0 0 250 150 0 0 20 0 9 0 12345 73400320 2560 18446744073709 "
      "1\n",
      {100, 4096}, 1'700'000'000);
  REQUIRE(readings);
  CHECK(readings->cpu_seconds_total == 4);
  CHECK(readings->start_time_seconds == Approx(1'700'000'123.45).epsilon(1e-12));
  CHECK(readings->virtual_bytes == 73400320);
  CHECK(readings->resident_bytes == 2560 * 4096);
}

TEST_CASE("a text that is not a process's stat is refused") {
  CHECK_FALSE(parse_process_stat("", {}, 0));
  CHECK_FALSE(parse_process_stat("1 (x) S 1 1", {}, 0));
  CHECK_FALSE(parse_process_stat("1 (x) S 1 4242 4242 0 -1 4194304 500 0 0 0 x 150 0 0 20 0 9 0 1 2 3", {}, 0));
  CHECK_FALSE(parse_process_stat("1 (x) S 1 4242 4242 0 -1 4194304 500 0 0 0 1 150 0 0 20 0 9 0 1 2 3", {0, 4096}, 0));
}

TEST_CASE("this process's figures are plausible") {
  const auto readings = read_own_process();
  REQUIRE(readings);
  CHECK(readings->resident_bytes > 100'000);
  CHECK(readings->virtual_bytes >= readings->resident_bytes);
  CHECK(readings->start_time_seconds <= static_cast<double>(std::time(nullptr)) + 1);
  CHECK(readings->start_time_seconds > static_cast<double>(std::time(nullptr)) - 86400);
}

TEST_CASE("an opened descriptor is counted, the counting itself is not") {
  const auto before = read_own_process();
  const int descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(descriptor >= 0);
  const auto with = read_own_process();
  ::close(descriptor);
  const auto after = read_own_process();
  std::uint64_t open = 0;
  for (int candidate = 0; candidate < 65536; ++candidate) open += ::fcntl(candidate, F_GETFD) >= 0 ? 1 : 0;
  CHECK(after->open_fds == open);
  REQUIRE((before && with && after && before->open_fds && with->open_fds && after->open_fds));
  CHECK(*with->open_fds == *before->open_fds + 1);
  CHECK(*after->open_fds == *before->open_fds);
  CHECK(before->max_fds.value_or(~0ULL) >= *before->open_fds);
}

}  // namespace
}  // namespace vf::metrics
