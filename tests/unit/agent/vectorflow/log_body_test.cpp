#include "agent/control/vectorflow/log_body.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace vf::agent::vectorflow {
namespace {

using namespace std::string_literals;
using logbuf::LogEntry;

}  // namespace

TEST_CASE("log lines go out by pipeline, in order") {
  const std::vector<LogEntry> entries = {{"p1", {"one", "two\t\"x\""}, 0}, {"p2", {"… 7 lines dropped", ""}, 7}};
  CHECK(encode_logs(entries) ==
        R"([{"pipelineId":"p1","lines":["one","two\t\"x\""]},{"pipelineId":"p2","lines":["… 7 lines dropped",""]}])");
}

TEST_CASE("an entry that the server would refuse or ignore is left out") {
  const std::vector<LogEntry> entries = {{"", {"lost"}, 0}, {"p1", {}, 0}, {"p2", {"x"}, 0}};
  CHECK(encode_logs(entries) == R"([{"pipelineId":"p2","lines":["x"]}])");
  CHECK(encode_logs({}) == "[]");
}

TEST_CASE("no entry on the wire has more than 500 lines") {
  const std::vector<LogEntry> entries = {{"p", std::vector<std::string>(1001, "x"), 0}};
  const std::string body = encode_logs(entries);
  std::vector<std::size_t> counts;
  for (std::size_t at = 0; (at = body.find("\"lines\":", at)) != std::string::npos; ++at) {
    const std::size_t end = body.find(']', at);
    counts.push_back(static_cast<std::size_t>(std::count(body.begin() + static_cast<std::ptrdiff_t>(at),
                                                         body.begin() + static_cast<std::ptrdiff_t>(end), 'x')));
  }
  CHECK(counts == std::vector<std::size_t>{500, 500, 1});
}

TEST_CASE("a NUL or a broken byte in a line, which would lose the whole post, becomes U+FFFD") {
  const std::vector<LogEntry> entries = {{"p\0"s, {"a\0b"s, "\xFF"}, 0}};
  CHECK(encode_logs(entries) ==
        "[{\"pipelineId\":\"p\xEF\xBF\xBD\",\"lines\":[\"a\xEF\xBF\xBD"
        "b\",\"\xEF\xBF\xBD\"]}]");
}

TEST_CASE("no line takes more room than the shipper counts for it") {
  for (const std::string& line :
       {""s, "plain"s, "tab\tnewline\nquote\"backslash\\"s, "ä \xF0\x9F\x98\x80"s, "\x7F\xC2\x9B"s}) {
    const std::vector<LogEntry> entries = {{"p\"1", {line, line}, 0}};
    CHECK(encode_logs(entries).size() <=
          2 + logbuf::json_size_of_empty_entry("p\"1") + 2 * (logbuf::json_size(line) + 1));
  }
}

}  // namespace vf::agent::vectorflow
