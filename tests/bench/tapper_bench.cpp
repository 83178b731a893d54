// What an event of a tap costs on its way from the pipe into a post's buffer: prints nanoseconds an event. A plain
// program that never passes or fails; build it with the release preset's flags.
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "tapper/event_reader.h"
#include "tapper/tap_buffer.h"
#include "tapper/tap_lines.h"
#include "tests/bench/cpu_time.h"

namespace {

using namespace vf::tapper;

constexpr std::size_t one_read = 64 * 1024;

struct Read final : TapLineSink {
  explicit Read(bool wrapped) : reader(wrapped) {}
  void on_line(std::string_view line) override {
    if (const auto event = reader.read(line)) bytes += event->event.size();
  }
  void on_cut() override {}
  EventReader reader;
  std::size_t bytes = 0;
};

struct Keep final : TapLineSink {
  explicit Keep(bool wrapped) : reader(wrapped) {}
  void on_line(std::string_view line) override {
    if (const auto event = reader.read(line)) buffer.add(event->event);
  }
  void on_cut() override {}
  EventReader reader;
  TapBuffer buffer{1536 * 1024};  // always full: the dearest case
};

/// Best of many runs over what one read of the pipe yields.
template <typename Sink>
double ns_per_event(const std::string& event, bool wrapped) {
  const std::string head = R"({"component_id":"parse","component_kind":"transform","component_type":"remap","event":)";
  const std::string line = head + (wrapped ? "{\"log\":" + event + "}" : event) + "}\n";
  std::string stream;
  std::size_t events = 0;
  for (; stream.size() < one_read; ++events) stream += line;
  const std::size_t size = stream.size();
  stream.append(kPadding, '\0');

  double best = 1e9;
  Sink sink(wrapped);
  TapLines lines;
  for (int run = 0; run < 2000; ++run) {
    const double start = cpu_ns();
    lines.feed(std::string_view(stream).substr(0, size), sink);
    best = std::min(best, (cpu_ns() - start) / static_cast<double>(events));
  }
  return best;
}

/// Like an access log that was parsed, of about so many bytes.
std::string event_of(std::size_t bytes) {
  std::string event =
      R"({"bytes":6652,"host":"251.195.16.16","method":"POST","protocol":"HTTP/1.1","status":"400","text":")";
  event.append(bytes > event.size() + 2 ? bytes - event.size() - 2 : 0, 'x');
  return event + "\"}";
}

}  // namespace

int main() {
  std::printf("%8s  %16s  %16s  %16s\n", "bytes", "read 0.54 ns", "read 0.57 ns", "read, kept ns");
  for (const std::size_t bytes : {100, 250, 1000, 10000}) {
    const std::string event = event_of(bytes);
    std::printf("%8zu  %16.0f  %16.0f  %16.0f\n", event.size(), ns_per_event<Read>(event, false),
                ns_per_event<Read>(event, true), ns_per_event<Keep>(event, true));
  }
}
