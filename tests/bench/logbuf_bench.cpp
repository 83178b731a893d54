// What the log path costs: prints nanoseconds a line for splitting, splitting into a ring, and shipping. A plain
// program that never passes or fails; build it with the release preset's flags. The budget of the whole path is 1 us a
// line.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "logbuf/line_splitter.h"
#include "logbuf/log_ring.h"
#include "logbuf/log_shipper.h"
#include "tests/bench/cpu_time.h"

namespace {

using namespace vf::logbuf;

constexpr std::size_t kRead = 64 * 1024;  // what one read of a pipe or file yields

struct Count final : LineSink {
  void on_line(std::string_view line) override { bytes += line.size(); }
  std::size_t bytes = 0;
};

struct IntoRing final : LineSink {
  void on_line(std::string_view line) override { ring.push(line); }
  LogRing ring;
};

/// Best of many runs. The stream is as long as what one read yields, so it is in the cache, as after a read.
template <typename Sink>
double split_ns_per_line(std::string_view line, std::size_t chunk) {
  std::string stream;
  std::size_t lines = 0;
  for (; stream.size() < kRead; ++lines) stream.append(line).append("\n");

  double best = 1e9;
  Sink sink;
  LineSplitter splitter;
  for (int run = 0; run < 3000; ++run) {
    const double start = cpu_ns();
    for (std::size_t at = 0; at < stream.size(); at += chunk) {
      splitter.feed(std::string_view(stream).substr(at, chunk), sink);
    }
    best = std::min(best, (cpu_ns() - start) / static_cast<double>(lines));
  }
  return best;
}

void measure_splitting(const char* what, std::string_view line, std::size_t chunk = kRead) {
  std::printf("%-44s split %6.1f ns/line   split + ring %6.1f ns/line\n", what, split_ns_per_line<Count>(line, chunk),
              split_ns_per_line<IntoRing>(line, chunk));
}

void measure_shipping(const std::string& line, std::size_t pipelines) {
  double best_next = 1e9;
  double best_result = 1e9;
  std::size_t shipped = 0;
  for (int run = 0; run < 15; ++run) {
    LogShipper shipper;
    const LogShipper::TimePoint now;
    for (std::size_t i = 0; i < pipelines; ++i) {
      auto ring = std::make_shared<LogRing>();
      for (int n = 0; n < 600; ++n) ring->push(line);
      shipper.add("pipeline-" + std::to_string(i), ring);
    }
    const double start = cpu_ns();
    const auto batch = shipper.next(now);
    const double built = cpu_ns();
    shipper.on_result(batch->number, Outcome::delivered, now);
    const double done = cpu_ns();
    shipped = shipper.counters().lines_shipped;
    best_next = std::min(best_next, (built - start) / 1e6);
    best_result = std::min(best_result, (done - built) / 1e6);
  }
  std::printf("one post of %zu flooding pipelines (%zu lines)      next() %.2f ms   on_result() %.3f ms\n", pipelines,
              shipped, best_next, best_result);
}

}  // namespace

int main() {
  const std::string plain =
      "2026-11-21T09:07:26.208920Z  INFO source{component_id=in}: vector::app: Log level is enabled. l=\"inf\"";
  measure_splitting("100-byte ASCII lines, 64 KiB chunks", plain);
  measure_splitting("the same, one line a chunk", plain, plain.size() + 1);
  measure_splitting("the same, chunks of 4096", plain, 4096);
  measure_splitting("with \\r\\n", plain + "\r");
  measure_splitting("with a few characters beyond ASCII", plain.substr(0, 88) + " 12 µs – déjà");
  measure_splitting("with colour sequences (repaired)", "\x1b[32m" + plain.substr(0, 91) + "\x1b[0m");
  measure_shipping(plain, 500);
}
