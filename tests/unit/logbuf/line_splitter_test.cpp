#include "logbuf/line_splitter.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iterator>
#include <random>

#include "logbuf/safe_text.h"
#include "tests/unit/logbuf/collect.h"

namespace vf::logbuf {
namespace {

using namespace std::string_literals;

/// The lines of `stream`, fed in chunks of `chunk` bytes.
Lines split(std::string_view stream, std::size_t chunk = 1 << 30) {
  Collect collect;
  LineSplitter splitter;
  for (std::size_t at = 0; at < stream.size(); at += chunk) splitter.feed(stream.substr(at, chunk), collect);
  splitter.finish(collect);
  return collect.lines;
}

struct Addresses final : LineSink {
  void on_line(std::string_view line) override { starts.push_back(line.data()); }
  std::vector<const char*> starts;
};

}  // namespace

TEST_CASE("a line ends with a newline, and one carriage return before it is dropped") {
  CHECK(split("one\ntwo\r\nthree\r\r\n") == Lines{"one", "two", "three\uFFFD"});
}

TEST_CASE("an empty line is dropped, a blank one is kept") {
  CHECK(split("\n\r\na\n\n \n\t\n") == Lines{"a", " ", "\t"});
}

TEST_CASE("a line comes out as soon as its newline is there, not before") {
  Collect collect;
  LineSplitter splitter;
  splitter.feed("half", collect);
  splitter.feed("", collect);
  CHECK(collect.lines.empty());
  splitter.feed(" and half\nnext", collect);
  CHECK(collect.lines == Lines{"half and half"});
}

TEST_CASE("what is unfinished when the stream ends is a line, and the splitter is then as new") {
  Collect collect;
  LineSplitter splitter;
  splitter.feed("last words", collect);
  splitter.finish(collect);
  splitter.finish(collect);
  splitter.feed("again\n", collect);
  splitter.finish(collect);
  CHECK(collect.lines == Lines{"last words", "again"});
  CHECK(split("a\nb\r") == Lines{"a", "b"});
  CHECK(split("\r").empty());
}

TEST_CASE("a character that comes in two chunks survives") {
  for (std::size_t chunk : {1U, 2U, 3U}) {
    CHECK(split("日本語 😀 é\nß\n", chunk) == Lines{"日本語 😀 é", "ß"});
  }
}

TEST_CASE("what is unsafe in one line is replaced and leaves the lines around it alone") {
  CHECK(split("ok 1\nnul \0 here\nesc \x1b[2J\nlatin \xe9\nok 2\n"s) ==
        Lines{"ok 1", "nul \uFFFD here", "esc \uFFFD[2J", "latin \uFFFD", "ok 2"});
}

TEST_CASE("a line of 16 KiB is whole, a longer one is cut there and says how much is missing") {
  for (std::size_t chunk : {1U << 30, 1000U, 16384U, 16385U}) {
    const std::string most(kMaxLineBytes, 'x');
    CHECK(split(most + "\nz\n", chunk) == Lines{most, "z"});
    CHECK(split(most + "\r\nz\n", chunk) == Lines{most, "z"});
    CHECK(split(most + "y\nz\n", chunk) == Lines{most + " … [cut: 1 byte more]", "z"});
    CHECK(split(most + std::string(50'000, 'y') + "\r\nz", chunk) == Lines{most + " … [cut: 50000 bytes more]", "z"});
  }
}

TEST_CASE("a line is cut between two characters") {
  for (std::size_t chunk : {1U << 30, 1000U, 1U}) {
    for (std::size_t before : {1U, 2U, 3U}) {
      const std::string kept(kMaxLineBytes - before, 'x');
      CHECK(split(kept + "😀😀\n", chunk) == Lines{kept + " … [cut: 8 bytes more]"});
    }
  }
}

TEST_CASE("a line that grows by replacing what is unsafe keeps the limit too") {
  const std::string unsafe(6000, '\xff');
  const Lines lines = split(unsafe + "\n");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].ends_with("\uFFFD … [cut: 539 bytes more]"));  // 5461 replacements of 3 bytes make 16383
}

TEST_CASE("a line that never ends is held in bounded memory") {
  struct Longest final : LineSink {
    void on_line(std::string_view line) override { longest = std::max(longest, line.size()); }
    std::size_t longest = 0;
  } sink;
  LineSplitter splitter;
  const std::string chunk(1 << 16, 'x');
  for (int i = 0; i < 1000; ++i) splitter.feed(chunk, sink);
  CHECK(sink.longest == 0);
  splitter.feed("\n", sink);
  CHECK(sink.longest > kMaxLineBytes);
  CHECK(sink.longest <= kMaxLineBytes + kMaxCutMarkBytes);
}

TEST_CASE("a line inside one chunk is handed out uncopied") {
  const std::string_view chunk = "one\ntwo\nthree\n";
  Addresses sink;
  LineSplitter splitter;
  splitter.feed(chunk, sink);
  CHECK(sink.starts == std::vector<const char*>{chunk.data(), chunk.data() + 4, chunk.data() + 8});
}

TEST_CASE("how the stream was cut into chunks never changes the lines") {
  std::mt19937 random(11);
  const std::string_view pieces[] = {"\n",       "\r\n",     "\r",   "text ",   "é",   "😀",
                                     "\xf0\x9f", "\x98\x80", "\xff", "\x1b[0m", "\xc2"};
  for (int round = 0; round < 300; ++round) {
    std::string stream;
    for (int i = 0; i < 60; ++i) {
      const std::string_view piece = pieces[random() % std::size(pieces)];
      const std::size_t times = random() % 20 == 0 ? random() % 9000 : 1;
      for (std::size_t k = 0; k < times; ++k) stream.append(piece);
    }
    const Lines whole = split(stream);
    Collect collect;
    LineSplitter splitter;
    for (std::string_view rest = stream; !rest.empty();) {
      const std::size_t largest = random() % 2 == 0 ? 7 : 40'000;
      const std::size_t size = std::min<std::size_t>(rest.size(), 1 + random() % largest);
      splitter.feed(rest.substr(0, size), collect);
      rest.remove_prefix(size);
    }
    splitter.finish(collect);
    REQUIRE(collect.lines == whole);
    for (const std::string& line : whole) REQUIRE((is_safe(line) && line.find('\n') == std::string::npos));
  }
}

}  // namespace vf::logbuf
