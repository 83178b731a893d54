#include "tapper/tap_lines.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace vf::tapper {
namespace {

struct Collect final : TapLineSink {
  void on_line(std::string_view line) override {
    lines.emplace_back(line);
    unsigned sum = 0;  // what is behind it can be read
    for (std::size_t i = 0; i < kPadding; ++i) sum += static_cast<unsigned char>(line.data()[line.size() + i]);
    touched += sum;
  }
  void on_cut() override { ++cut; }
  std::vector<std::string> lines;
  unsigned cut = 0;
  unsigned touched = 0;
};

/// Fed in pieces of `size`.
Collect split(const std::string& text, std::size_t size) {
  Collect collected;
  TapLines lines;
  for (std::size_t at = 0; at < text.size(); at += size) {
    const std::string piece = text.substr(at, size);
    const std::string padded = piece + std::string(kPadding, '\0');
    lines.feed(std::string_view(padded).substr(0, piece.size()), collected);
  }
  return collected;
}

}  // namespace

TEST_CASE("how the output was cut into chunks changes nothing") {
  const std::string text = "{\"a\":1}\n\n{\"b\":2}\r\n \n{\"c\":" + std::string(300, '3') + "}\n";
  const std::vector<std::string> expected{"{\"a\":1}", "{\"b\":2}", " ", "{\"c\":" + std::string(300, '3') + "}"};
  for (std::size_t size = 1; size <= text.size(); ++size) {
    const Collect found = split(text, size);
    REQUIRE(found.lines == expected);
    REQUIRE(found.cut == 0);
  }
}

TEST_CASE("a line of 10 MiB is cut away and counted, takes no memory, and those around it are whole") {
  Collect collected;
  TapLines lines;
  const std::string piece(64 * 1024, 'x');
  const std::string padded = piece + std::string(kPadding, '\0');
  const auto feed = [&](const std::string& text) {
    const std::string with_padding = text + std::string(kPadding, '\0');
    lines.feed(std::string_view(with_padding).substr(0, text.size()), collected);
  };
  feed("before\n{\"huge\":\"");
  for (int i = 0; i < 160; ++i) {
    lines.feed(std::string_view(padded).substr(0, piece.size()), collected);
    REQUIRE(lines.held_bytes() <= kMaxLineBytes);
  }
  CHECK(lines.held_bytes() == 0);
  feed("\"}\nafter\n");
  CHECK(collected.lines == std::vector<std::string>{"before", "after"});
  CHECK(collected.cut == 1);
}

TEST_CASE("a line just as long as is allowed is kept, one byte more is not, in one chunk or in several") {
  const std::string longest(kMaxLineBytes, 'y');
  for (const std::size_t size : {std::size_t{1} << 30, std::size_t{1000}}) {
    CHECK(split(longest + "\n", size).lines.size() == 1);
    const Collect cut = split(longest + "y\nz\n", size);
    CHECK(cut.lines == std::vector<std::string>{"z"});
    CHECK(cut.cut == 1);
  }
}

TEST_CASE("what was not ended is no line") {
  Collect collected;
  TapLines lines;
  const std::string padded = "{\"a\":1" + std::string(kPadding, '\0');
  lines.feed(std::string_view(padded).substr(0, 6), collected);
  CHECK(lines.finish());
  CHECK_FALSE(lines.finish());
  CHECK(collected.lines.empty());
}

}  // namespace vf::tapper
