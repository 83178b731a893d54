// Whatever bytes a child writes, and however they arrive: the lines are the same, safe and within the limit.
// Input: byte 0 says how often the rest is repeated (long lines need it), byte 1 how it is cut into chunks.
#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "logbuf/line_splitter.h"

namespace {

struct Collect final : vf::logbuf::LineSink {
  void on_line(std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::string> split(std::string_view stream, std::size_t chunk) {
  Collect collect;
  vf::logbuf::LineSplitter splitter;
  for (; !stream.empty(); stream.remove_prefix(std::min(chunk, stream.size()))) {
    splitter.feed(stream.substr(0, chunk), collect);
  }
  splitter.finish(collect);
  return collect.lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t repeats = 1 + data[0] % 64;
  const std::size_t chunk = 1 + data[1] * std::size_t{data[1]};
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::string stream;
  for (std::size_t i = 0; i < repeats; ++i) stream.append(input);

  const std::vector<std::string> lines = split(stream, std::max<std::size_t>(stream.size(), 1));
  for (const std::string& line : lines) {
    require(!line.empty() && line.size() <= vf::logbuf::kMaxLineBytes + vf::logbuf::kMaxCutMarkBytes);
    require(simdjson::validate_utf8(line.data(), line.size()));
    require(std::none_of(line.begin(), line.end(),
                         [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }));
  }
  require(split(stream, chunk) == lines);
  require(split(stream, 1) == lines);
  return 0;
}
