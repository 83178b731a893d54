#include "push/sse_parser.h"

#include <catch2/catch.hpp>

#include <vector>

namespace vf::push {
namespace {

struct Heard : SseSink {
  void on_event(std::string_view name, std::string_view data) override {
    said.push_back(std::string(name) + "=" + std::string(data));
  }
  void on_comment() override { said.emplace_back(":"); }
  std::vector<std::string> said;
};

using Said = std::vector<std::string>;

Said parse(std::string_view bytes, std::size_t piece = std::string_view::npos, std::size_t limit = 1024) {
  SseParser parser(limit);
  Heard heard;
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, piece);
    parser.feed(part, heard);
    bytes.remove_prefix(part.size());
  }
  if (parser.skipped_events() > 0) heard.said.push_back("skipped " + std::to_string(parser.skipped_events()));
  return heard.said;
}

}  // namespace

TEST_CASE("an event is its name and its data, ended by an empty line") {
  CHECK(parse("event: config_changed\ndata: {}\n\n") == Said{"config_changed={}"});
  CHECK(parse("data: a\n\ndata: b\n\n") == Said{"message=a", "message=b"});
}

TEST_CASE("data lines are joined by LF, and only one leading space is taken off") {
  CHECK(parse("data: a\ndata:b\ndata:  c\ndata\ndata:\n\n") == Said{"message=a\nb\n c\n\n"});
}

TEST_CASE("an event without data is not dispatched, and its name does not outlive it") {
  CHECK(parse("event: x\n\ndata: a\n\n") == Said{"message=a"});
  CHECK(parse("data:\n\n") == Said{"message="});
}

TEST_CASE("a comment is told as a keepalive and is no part of an event") {
  CHECK(parse(": connected\n\n: keepalive\n\n") == Said{":", ":"});
  CHECK(parse("data: a\n:x\ndata: b\n\n") == Said{":", "message=a\nb"});
}

TEST_CASE("id, retry and unknown fields are ignored") {
  CHECK(parse("id: 7\nretry: 10\nfoo: bar\nbaz\n data: x\nDATA: y\ndata: a\n\n") == Said{"message=a"});
}

TEST_CASE("lines end with LF, CR or CRLF, also mixed") {
  CHECK(parse("data: a\r\ndata: b\rdata: c\n\r\n") == Said{"message=a\nb\nc"});
  CHECK(parse("data: a\r\r") == Said{"message=a"});
  CHECK(parse("data: a\r\n\r\ndata: b\n\n") == Said{"message=a", "message=b"});
}

TEST_CASE("a byte order mark before the first line is dropped, a later one is not") {
  CHECK(parse("\xEF\xBB\xBF"
              "data: a\n\n") == Said{"message=a"});
  CHECK(parse("\xEF\xBB\xBF\xEF\xBB\xBF"
              "data: a\n\ndata: b\n\n") == Said{"message=b"});
  CHECK(parse("\n\xEF\xBB\xBF"
              "data: a\n\n")
            .empty());
}

TEST_CASE("what the stream's end cuts off is lost") {
  CHECK(parse("data: a\n").empty());
  CHECK(parse("data: a\n\ndata: b") == Said{"message=a"});
}

TEST_CASE("the events are the same wherever the bytes are cut") {
  const std::string stream =
      "\xEF\xBB\xBF: connected\r\n\r\nevent: x\rdata: 1\r\ndata: 2\n\n:k\n\nid: 1\ndata: \xE2\x82\xAC\n\n"
      "data: 0123456789012345678901234567890123456789\n\nevent: y\ndata: last\r\n\r\n";
  for (const std::size_t limit : {1024U, 16U}) {
    const Said whole = parse(stream, std::string_view::npos, limit);
    for (std::size_t piece = 1; piece < stream.size(); ++piece) {
      CAPTURE(piece, limit);
      CHECK(parse(stream, piece, limit) == whole);
    }
  }
}

TEST_CASE("an event beyond the limit is skipped and counted, and the next one is heard") {
  const std::string long_line = "event: x\ndata: " + std::string(100, 'a') + "\ndata: b\n\ndata: c\n\n";
  const std::string many_lines = "data: 1234\ndata: 5678\ndata: 1234\ndata: 5678\n\ndata: c\n\n";
  for (const std::size_t piece : {std::string_view::npos, std::size_t{1}, std::size_t{7}}) {
    CHECK(parse(long_line, piece, 16) == Said{"message=c", "skipped 1"});
    CHECK(parse(many_lines, piece, 16) == Said{"message=c", "skipped 1"});
    CHECK(parse("\xEF\xBB\xBF"
                "data: 12345678901234567\n\n",
                piece, 16) == Said{"skipped 1"});
    CHECK(parse("data: 1234567890123456\n\n", piece, 16) == Said{"message=1234567890123456"});
  }
}

TEST_CASE("a comment or an unknown field beyond the limit does not cost the event") {
  const std::string filler(200, 'f');
  for (const std::size_t piece : {std::string_view::npos, std::size_t{1}}) {
    CHECK(parse(":" + filler + "\nx" + filler + ": y\nid: " + filler + "\ndata: a\n\n", piece, 16) ==
          Said{":", "message=a"});
  }
}

TEST_CASE("a line that never ends, and an event that never ends, cost no more than the limit") {
  constexpr std::size_t limit = 1 << 16;
  SseParser parser(limit);
  Heard heard;
  const std::string block(1 << 16, 'x');
  parser.feed("data: ", heard);
  for (int i = 0; i < 64; ++i) parser.feed(block, heard);
  CHECK(parser.held_bytes() < 4 * limit);
  for (int i = 0; i < 64; ++i) parser.feed("\ndata: " + block, heard);
  CHECK(parser.held_bytes() < 4 * limit);
  parser.feed("\n\ndata: a\n\n", heard);
  CHECK(heard.said == Said{"message=a"});
  CHECK(parser.skipped_events() == 1);
}

}  // namespace vf::push
