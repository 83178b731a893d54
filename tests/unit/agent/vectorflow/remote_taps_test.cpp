#include "agent/control/vectorflow/remote_taps.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "agent/console.h"

using namespace vf;
using namespace vf::agent;
using namespace vf::agent::vectorflow;

TEST_CASE("taps beyond all bounds are counted and not queued") {
  boost::asio::io_context loop;
  tapper::Tapper tapper({loop,
                         [](const std::string&, const std::string&) { return std::optional<tapper::TapTarget>(); },
                         [](const std::string&) -> Result<tapper::TapProgram> {
                           return Error{"tap", "no Vector", 0};
                         }});
  metrics::AgentMetrics metrics{{"1.0.0", "x"}, std::chrono::steady_clock::now()};
  Console console(STDERR_FILENO, [](std::uint64_t) { return std::string(); });
  Log log(console, LogLevel::error, LogFormat::text);
  // Nothing is posted: the loop does not run.
  RemoteTaps taps(
      {loop, tapper, metrics, log, HttpSettings{}, [](std::string, std::string) { return HttpRequest{}; }, {}});
  for (std::size_t i = 0; i < RemoteTaps::most_requests + 5; ++i) taps.start({"r" + std::to_string(i), "p", "c"});
  taps.start({"r0", "p", "c"});  // one that is known is none more
  CHECK(taps.busy());
  CHECK(metrics.render(std::chrono::steady_clock::now()).find("what=\"tap_events\"} 5") != std::string::npos);
}
