#include "supervisor/output_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "output_collect.h"
#include "temp_folder.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;

namespace {

using Lines = std::vector<std::string>;

/// A file, its tail and who writes to it.
struct Subject {
  TempFolder folder;
  std::string path = folder / "p.stderr";
  Collected sink;
  std::unique_ptr<OutputTail> tail = opened();
  UniqueDescriptor writer = writing();

  std::unique_ptr<OutputTail> opened() {
    auto made = OutputTail::open(path, sink);
    REQUIRE(made);
    return std::move(made).value();
  }
  UniqueDescriptor writing() {
    auto made = tail->writer();
    REQUIRE(made);
    return std::move(made).value();
  }
  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t done = ::write(writer.get(), text.data(), text.size());
      REQUIRE(done > 0);
      text.remove_prefix(static_cast<std::size_t>(done));
    }
  }
  void read() {
    while (tail->read_turn()) continue;
  }
  /// Reads, and does what the follower has a worker do.
  void read_and_trim() {
    for (bool more = true; more;) {
      more = tail->read_turn();
      const auto trim = tail->take_trim();
      if (trim.length > 0) REQUIRE(punch_hole(*tail->descriptor(), trim.offset, trim.length));
    }
  }
  [[nodiscard]] std::uint64_t blocks_in_bytes() const {
    return static_cast<std::uint64_t>(look_at(path).st_blocks) * 512;
  }

  /// Every line came once, in order and whole, or was counted as skipped where it is missing.
  void check_account(const NumberedLines& numbered) {
    std::uint64_t expected = 0;
    std::uint64_t missing = 0;
    for (const std::string& line : sink.lines) {
      REQUIRE(line.size() == numbered.length());
      const std::uint64_t number = std::stoull(line);
      REQUIRE(number >= expected);
      missing += number - expected;
      expected = number + 1;
    }
    missing += numbered.written() - expected;
    CHECK(sink.skipped == missing);
    CHECK(sink.skipped + sink.lines.size() == numbered.written());
  }
};

constexpr std::size_t mebibyte = 1U << 20;

}  // namespace

TEST_CASE("lines come as they are written, and one that is not ended waits for its end") {
  Subject subject;
  subject.write("one\ntw");
  subject.read();
  CHECK(subject.sink.lines == Lines{"one"});
  subject.write("o\n\nthree");
  subject.read();
  CHECK(subject.sink.lines == Lines{"one", "two"});
  subject.tail->finish();
  CHECK(subject.sink.lines == Lines{"one", "two", "three"});
  subject.tail->finish();
  CHECK(subject.sink.lines.size() == 3);
  CHECK(subject.sink.skips == 0);
}

TEST_CASE("what the file held before is not read") {
  const TempFolder folder;
  put(folder / "f", "from an earlier run\n");
  Collected sink;
  auto tail = OutputTail::open(folder / "f", sink);
  REQUIRE(tail);
  while (tail.value()->read_turn()) continue;
  CHECK(sink.lines.empty());
  append(folder / "f", "now\n");
  while (tail.value()->read_turn()) continue;
  CHECK(sink.lines == Lines{"now"});
}

TEST_CASE("the file is the agent's own, and made where it is missing") {
  Subject subject;
  CHECK(mode_of(subject.path) == 0600);
  Collected sink;
  const auto nowhere = OutputTail::open(subject.folder / "none/f", sink);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().message() ==
        "cannot open " + (subject.folder / "none/f") + ": No such file or directory (errno 2)");
  REQUIRE(::symlink("p.stderr", (subject.folder / "link").c_str()) == 0);
  CHECK(OutputTail::open(subject.folder / "link", sink).error().code == ELOOP);  // nobody sends us elsewhere
}

TEST_CASE("a new process begins with an empty file") {
  Subject subject;
  subject.write("first life\n");
  subject.read();
  subject.writer = subject.writing();
  CHECK(look_at(subject.path).st_size == 0);
  subject.write("second life\n");
  subject.read();
  CHECK(subject.sink.lines == Lines{"first life", "second life"});
}

TEST_CASE("a file that somebody removed or replaced is made anew for the next process") {
  Subject subject;
  subject.write("first\n");
  subject.read();
  REQUIRE(::unlink(subject.path.c_str()) == 0);
  subject.write("last words into the removed file\n");
  subject.read();
  subject.writer = subject.writing();
  subject.write("second\n");
  subject.read();
  REQUIRE(::unlink(subject.path.c_str()) == 0);
  put(subject.path, "somebody else's\n");
  subject.writer = subject.writing();
  subject.write("third\n");
  subject.read();
  CHECK(subject.sink.lines == Lines{"first", "last words into the removed file", "second", "third"});
  CHECK(content_of(subject.path) == "third\n");
}

TEST_CASE("one turn reads a bounded piece, and says whether there may be more") {
  Subject subject;
  subject.write(std::string(OutputTail::turn_bytes, '\n'));
  subject.write("end\n");
  CHECK(subject.tail->read_turn());
  CHECK(subject.sink.lines.empty());
  CHECK_FALSE(subject.tail->read_turn());
  CHECK(subject.sink.lines == Lines{"end"});
}

TEST_CASE("a flood below the limit is read to the last line") {
  Subject subject;
  NumberedLines numbered(99);
  subject.write(numbered.take(OutputTail::skip_above / 100));
  subject.read();
  CHECK(subject.sink.skips == 0);
  subject.check_account(numbered);
}

TEST_CASE("a flood above it is skipped once, to its end but for a megabyte, and counted to the line") {
  for (const std::size_t length : {1U, 7U, 99U, 1000U, 16000U}) {
    INFO("lines of " << length);
    Subject subject;
    NumberedLines numbered(std::max<std::size_t>(length, 8));
    subject.write(numbered.take(10));
    subject.read();
    subject.write(numbered.take(9 * mebibyte / (numbered.length() + 1)));
    subject.read();
    subject.check_account(numbered);
    CHECK(subject.sink.skips == 1);
    REQUIRE(subject.sink.lines.size() > 10);
    CHECK(subject.sink.skipped_before == std::vector<std::size_t>{10});
    const std::size_t read_in_full = (subject.sink.lines.size() - 10) * (numbered.length() + 1);
    CHECK(read_in_full <= OutputTail::skip_leaves);
    CHECK(read_in_full + 2 * numbered.length() >= OutputTail::skip_leaves);
  }
}

TEST_CASE("a flood that begins in the middle of a line counts that line once and tears none") {
  for (const std::size_t cut : {1U, 50U, 99U}) {  // where in the line the reading stood
    Subject subject;
    NumberedLines numbered(99);
    const std::string text = numbered.take(6 * mebibyte / 100);
    subject.write(std::string_view(text).substr(0, 500 + cut));
    subject.read();
    CHECK(subject.sink.lines.size() == 5);
    subject.write(std::string_view(text).substr(500 + cut));
    subject.read();
    subject.check_account(numbered);
  }
}

TEST_CASE("a skip that lands at a line's beginning loses no line more") {
  Subject subject;
  NumberedLines numbered(63);  // 64 with its end: skips land on a boundary
  subject.write(numbered.take(5 * mebibyte / 64));
  subject.read();
  subject.check_account(numbered);
  CHECK(subject.sink.lines.size() == OutputTail::skip_leaves / 64);
}

TEST_CASE("flood after flood is counted to the line") {
  Subject subject;
  NumberedLines numbered(77);
  for (int i = 0; i < 5; ++i) {
    subject.write(numbered.take(5 * mebibyte / 78));
    subject.tail->read_turn();  // the next one comes in the middle of a skip
    subject.write(numbered.take(3));
  }
  subject.read();
  subject.tail->finish();
  subject.check_account(numbered);
  CHECK(subject.sink.skips >= 1);
}

TEST_CASE("a flood of one line without an end is one line that was skipped") {
  Subject subject;
  subject.write("before\n");
  subject.read();
  subject.write(std::string(6 * mebibyte, 'x'));
  subject.read();
  CHECK(subject.sink.lines == Lines{"before"});
  subject.tail->finish();
  CHECK(subject.sink.lines == Lines{"before"});
  CHECK(subject.sink.skipped == 1);
  subject.write("\nafter\n");  // finish() ended the line; this ends an empty one
  subject.read();
  CHECK(subject.sink.lines == Lines{"before", "after"});
}

TEST_CASE("the end of a process in the middle of a skip loses no count") {
  Subject subject;
  NumberedLines numbered(99);
  const std::string text = numbered.take(8 * mebibyte / 100);
  subject.write(std::string_view(text).substr(0, text.size() - 1));  // the last line is not ended
  subject.read();
  subject.tail->finish();
  subject.check_account(numbered);
}

TEST_CASE("what was read is given back to the file system, and nothing is lost by it") {
  Subject subject;
  NumberedLines numbered(99);
  std::uint64_t most = 0;
  for (int i = 0; i < 40; ++i) {
    subject.write(numbered.take(mebibyte / 2 / 100));
    subject.read_and_trim();
    most = std::max(most, subject.blocks_in_bytes());
  }
  subject.check_account(numbered);
  CHECK(subject.sink.skipped == 0);
  CHECK(static_cast<std::uint64_t>(look_at(subject.path).st_size) == numbered.written() * 100);
  CHECK(most <= 3 * mebibyte);  // of 20 that were written
}

TEST_CASE("nothing is given back that was not read, and each block once") {
  Subject subject;
  subject.write(std::string(3 * mebibyte + 4095, 'x'));
  CHECK(subject.tail->take_trim().length == 0);
  std::uint64_t given_back = 0;
  for (bool more = true; more;) {
    more = subject.tail->read_turn();
    const auto trim = subject.tail->take_trim();
    if (trim.length == 0) continue;
    CHECK(trim.offset == given_back);
    CHECK(trim.offset % 4096 == 0);
    CHECK(trim.length % 4096 == 0);
    CHECK(trim.length >= mebibyte);
    given_back += trim.length;
  }
  CHECK(given_back <= 3 * mebibyte);
  CHECK(given_back >= 2 * mebibyte);
  CHECK(subject.tail->take_trim().length == 0);
}

TEST_CASE("a trim that comes late finds its file though the tail is gone") {
  Subject subject;
  subject.write(std::string(2 * mebibyte, 'x'));
  subject.read();
  const auto file = subject.tail->descriptor();
  subject.tail.reset();
  CHECK(punch_hole(*file, 0, mebibyte));
  CHECK_FALSE(punch_hole(UniqueDescriptor(), 0, mebibyte));
}

TEST_CASE("a file that an operator empties is followed on from its new beginning") {
  Subject subject;
  subject.write("one\nhalf of tw");
  subject.read();
  REQUIRE(::truncate(subject.path.c_str(), 0) == 0);
  subject.write("three\n");
  // Shorter than what was read: noticed.
  subject.read();
  subject.write("four\n");
  subject.read();
  CHECK(subject.sink.lines == Lines{"one", "half of tw", "three", "four"});
}

TEST_CASE("a file emptied in the middle of a skip ends it") {
  Subject subject;
  NumberedLines numbered(99);
  subject.write(numbered.take(8 * mebibyte / 100));
  CHECK(subject.tail->read_turn());
  REQUIRE(::truncate(subject.path.c_str(), 0) == 0);
  subject.write("after\n");
  subject.read();
  CHECK(subject.sink.lines == Lines{"after"});
  CHECK(subject.sink.skipped > 0);
}

TEST_CASE("a file that cannot be read ends the turn and says why") {
  Subject subject;
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  REQUIRE(::dup3(null, subject.tail->descriptor()->get(), O_CLOEXEC) >= 0);
  ::close(null);
  CHECK_FALSE(subject.tail->read_turn());
  CHECK(subject.tail->problem() == "cannot read " + subject.path + ": Bad file descriptor (errno 9)");
  subject.writer = subject.writing();
  CHECK(subject.tail->problem().empty());
  subject.write("again\n");
  subject.read();
  CHECK(subject.sink.lines == Lines{"again"});
}
