// What masking costs a line of a log that somebody follows, by the number of secret values its pipeline has: prints
// nanoseconds a line. A plain program that never passes or fails; build it with the release preset's flags.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "supervisor/mask_secrets.h"
#include "tests/bench/cpu_time.h"

namespace {

using vf::supervisor::SecretMask;

/// Like keys of an API: 40 letters and digits.
std::map<std::string, std::string> secrets(std::size_t count) {
  std::mt19937 random(1);
  std::map<std::string, std::string> made;
  for (std::size_t i = 0; i < count; ++i) {
    std::string value;
    while (value.size() < 40) value += "abcdefghijklmnopqrstuvwxyz0123456789"[random() % 36];
    made["SECRET_" + std::to_string(i)] = value;
  }
  return made;
}

/// Like what Vector says.
std::string line_of(std::size_t bytes) {
  const std::string words =
      "2026-01-01T00:00:00.000000Z WARN sink{component_id=out component_kind=\"sink\"}: retrying. ";
  std::string line;
  while (line.size() < bytes) line += words;
  line.resize(bytes);
  return line;
}

double ns_per_line(std::size_t values, const std::string& line) {
  const SecretMask mask(secrets(values));
  constexpr int lines = 100;
  double best = 1e12;
  for (int run = 0; run < 30; ++run) {
    const double start = cpu_ns();
    std::size_t bytes = 0;
    for (int i = 0; i < lines; ++i) bytes += mask.apply(line).size();
    if (bytes != lines * line.size()) std::abort();
    best = std::min(best, (cpu_ns() - start) / lines);
  }
  return best;
}

}  // namespace

int main() {
  std::printf("%8s  %14s  %14s  %14s\n", "secrets", "100 bytes ns", "250 bytes ns", "16 KiB ns");
  for (const std::size_t values : {1, 10, 50, 200})
    std::printf("%8zu  %14.0f  %14.0f  %14.0f\n", values, ns_per_line(values, line_of(100)),
                ns_per_line(values, line_of(250)), ns_per_line(values, line_of(16384)));
}
