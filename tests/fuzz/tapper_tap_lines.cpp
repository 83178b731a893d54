// Whatever bytes `vector tap` writes, and however they arrive: the events are the same, each is JSON that can stand in
// a post beside others, and no line is kept that is too long.
// Input: byte 0 says how often the rest is repeated (long lines need it) and which dialect it is, byte 1 how it is cut
// into chunks.
#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tapper/event_reader.h"
#include "tapper/tap_buffer.h"
#include "tapper/tap_lines.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Collect final : vf::tapper::TapLineSink {
  explicit Collect(bool wrapped) : reader(wrapped) {}
  void on_line(std::string_view line) override {
    require(!line.empty() && line.size() <= vf::tapper::kMaxLineBytes && line.find('\n') == std::string_view::npos);
    const auto event = reader.read(line);
    found.push_back(event ? std::string(event->component_id) + "=" + std::string(event->event) : "none");
    if (event) buffer.add(event->event);
  }
  void on_cut() override { found.emplace_back("cut"); }

  vf::tapper::EventReader reader;
  vf::tapper::TapBuffer buffer{64 * 1024};
  std::vector<std::string> found;
};

std::vector<std::string> collect(std::string_view stream, std::size_t chunk, bool wrapped) {
  Collect collect(wrapped);
  vf::tapper::TapLines lines;
  for (; !stream.empty(); stream.remove_prefix(std::min(chunk, stream.size()))) {
    const std::string_view part = stream.substr(0, chunk);
    const std::string padded = std::string(part) + std::string(vf::tapper::kPadding, '}');
    lines.feed(std::string_view(padded).substr(0, part.size()), collect);
    require(lines.held_bytes() <= vf::tapper::kMaxLineBytes);
  }
  lines.finish();
  const vf::tapper::TapBuffer::Batch batch = collect.buffer.take();
  for (const std::string& values : {batch.before, batch.after}) {
    simdjson::dom::parser parser;
    require(!parser.parse("[" + values + "]").error());
  }
  require(batch.events + batch.dropped <= collect.found.size());
  return collect.found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t repeats = 1 + data[0] / 2 % 64;
  const bool wrapped = data[0] % 2 != 0;
  const std::size_t chunk = 1 + data[1] * std::size_t{data[1]};
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::string stream;
  for (std::size_t i = 0; i < repeats; ++i) stream.append(input);

  const auto whole = collect(stream, std::max<std::size_t>(stream.size(), 1), wrapped);
  require(collect(stream, chunk, wrapped) == whole);
  if (stream.size() < 4096) require(collect(stream, 1, wrapped) == whole);
  return 0;
}
