#include "agent/read_marks.h"

#include <catch2/catch.hpp>

using vf::agent::ReadMarks;
using vf::supervisor::ReadOffsets;

TEST_CASE("a mark is reached when everything before it was taken, and told once") {
  ReadMarks marks;
  marks.note(10, {100, 5});
  marks.note(20, {200, 6});
  CHECK_FALSE(marks.reached(9));
  CHECK(marks.reached(19) == ReadOffsets{100, 5});
  CHECK_FALSE(marks.reached(19));
  CHECK(marks.reached(20) == ReadOffsets{200, 6});
}

TEST_CASE("of several that were reached the newest counts") {
  ReadMarks marks;
  marks.note(10, {100, 0});
  marks.note(20, {200, 0});
  CHECK(marks.reached(50) == ReadOffsets{200, 0});
}

TEST_CASE("a server that is away for long costs a handful of marks: the oldest ones, and the newest") {
  ReadMarks marks;
  for (std::uint64_t i = 1; i <= 1000; ++i) marks.note(i, {i, 0});
  CHECK(marks.reached(1) == ReadOffsets{1, 0});
  CHECK(marks.reached(999) == ReadOffsets{ReadMarks::most - 1, 0});
  CHECK(marks.reached(1000) == ReadOffsets{1000, 0});
}

TEST_CASE("what comes after a post has left does not hold back the mark of that post") {
  ReadMarks marks;
  marks.note(10, {100, 0});  // now and then
  marks.note(17, {170, 0});  // as a post leaves
  marks.note(18, {180, 0});  // a line later
  CHECK(marks.reached(17) == ReadOffsets{170, 0});
}
