#include "logbuf/log_batch.h"

#include <catch2/catch.hpp>

#include "tests/unit/logbuf/json_body.h"

namespace vf::logbuf {

TEST_CASE("only an answer that blames the batch counts against it") {
  CHECK(outcome_of(200) == Outcome::delivered);
  CHECK(outcome_of(204) == Outcome::delivered);
  CHECK(outcome_of(400) == Outcome::refused);
  CHECK(outcome_of(403) == Outcome::refused);
  CHECK(outcome_of(413) == Outcome::too_large);
  for (int status : {0, 301, 308, 401, 402, 404, 408, 429, 500, 502, 503, 504}) {
    INFO(status);
    CHECK(outcome_of(status) == Outcome::retry);
  }
}

TEST_CASE("the marker is a sentence") {
  CHECK(dropped_marker(41213) == "… 41213 lines dropped");
  CHECK(dropped_marker(1) == "… 1 line dropped");
}

TEST_CASE("the size of a string in JSON is never underestimated") {
  CHECK(json_size("") == 2);
  CHECK(json_size("plain … é") == 2 + sizeof("plain … é") - 1);
  CHECK(json_size(R"(a "quoted" \ word)") == json_string(R"(a "quoted" \ word)").size());
  CHECK(json_size("tab\tand\x01") >= json_string("tab\tand\x01").size());
}

TEST_CASE("the size of a long string in JSON is exact wherever its escapes stand") {
  for (std::size_t at = 0; at < 100; ++at) {
    std::string text(100, 'x');
    text[at] = '"';
    text[(at + 31) % 100] = '\x01';
    text[(at + 32) % 100] = '\\';
    CHECK(json_size(text) == json_string(text).size());
  }
  CHECK(json_size(std::string(1000, '\t')) == 6002);
}

TEST_CASE("the size of an entry covers its frame") {
  const LogEntry entry{R"(pipe"line)", {"a", "b \"c\""}, 0};
  std::size_t size = 2 + json_size_of_empty_entry(entry.pipeline_id);
  for (const std::string& line : entry.lines) size += json_size(line) + 1;
  LogBatch batch;
  batch.entries.push_back(entry);
  CHECK(size >= json_body(batch).size());
  CHECK(size <= json_body(batch).size() + 4);
}

}  // namespace vf::logbuf
