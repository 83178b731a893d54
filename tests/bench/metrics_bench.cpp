// What reading a Vector, reading the host and rendering /metrics cost. Prints, never judges.
// Usage: metrics_bench [EXPOSITION_FILE...]: without a file, a generated exposition of 94 kB is read.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "metrics/agent_metrics.h"
#include "metrics/exposition.h"
#include "metrics/host_readings.h"
#include "metrics/vector_readings.h"
#include "tests/unit/metrics/generated_exposition.h"

namespace {

using Clock = std::chrono::steady_clock;

template <typename Act>
void measure(const std::string& what, int rounds, Act&& act) {
  act();
  std::vector<double> took;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = Clock::now();
    act();
    took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  std::sort(took.begin(), took.end());
  std::printf("%-58s median %9.1f us   best %9.1f us\n", what.c_str(), took[took.size() / 2], took.front());
}

volatile std::size_t sink;  // keeps what is measured from being optimized away

void measure_exposition(const std::string& name, const std::string& text) {
  const std::string size = ", " + std::to_string(text.size()) + " B";
  measure(name + size + ": find names", 2000, [&] {
    std::size_t names = 0;
    for (vf::metrics::ExpositionReader reader(text); reader.next();) names += reader.name().size();
    sink = names;
  });
  measure(name + size + ": parse every sample", 500, [&] {
    std::size_t samples = 0;
    for (vf::metrics::ExpositionReader reader(text); reader.next();) samples += reader.sample().has_value() ? 1 : 0;
    sink = samples;
  });
  measure(name + size + ": read_vector", 2000, [&] { sink = vf::metrics::read_vector(text).components.size(); });
}

void measure_render(int pipelines) {
  vf::metrics::AgentMetrics metrics({"0.0.0", "bench"}, Clock::now());
  for (int i = 0; i < pipelines; ++i) {
    metrics.set_pipeline("clx0000000000000000000" + std::to_string(i),
                         {"pipeline " + std::to_string(i), true, 0, 1, {}});
  }
  const std::string size = std::to_string(metrics.render(Clock::now()).size());
  measure("render, " + std::to_string(pipelines) + " pipelines, " + size + " B", 200,
          [&] { sink = metrics.render(Clock::now()).size(); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) measure_exposition("generated", vf::metrics::test::generate_exposition().text);
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i]);
    const std::string path = argv[i];
    measure_exposition(path.substr(path.rfind('/') + 1), {std::istreambuf_iterator<char>(file), {}});
  }
  vf::metrics::HostReader host;
  measure("read the host", 500, [&] { sink = host.read().problems.size(); });
  measure_render(0);
  measure_render(500);
}
