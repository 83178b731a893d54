// One run of the stand-in: start, signals, reload, drain and the deaths that the modes ask for. Signals are handled one
// after the other as in the real Vector: while it starts or reloads, they wait.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>

#include "tests/support/standin_vector/buffer_locks.h"
#include "tests/support/standin_vector/command_line.h"
#include "tests/support/standin_vector/config.h"
#include "tests/support/standin_vector/http_server.h"
#include "tests/support/standin_vector/output.h"
#include "tests/support/standin_vector/topology.h"

namespace standin {

class Application {
 public:
  Application(Dialect dialect, CommandLine command_line, ProcessFacts facts);

  /// Returns the exit status; a mode may end the process before.
  int run();

 private:
  enum class Phase { starting, running, reloading, draining };
  using Clock = std::chrono::steady_clock;

  // start
  void start();
  void start_api();
  void arm_modes();
  // signals
  void wait_for_signal();
  void handle_signal(int number);
  void next_signal();
  // reload
  void begin_reload();
  void wait_for_sources(Clock::time_point deadline);
  void finish_reload();
  void refuse_reload(const char* reason, int& counter);
  // end
  void begin_drain();
  void check_drain();
  void crash();
  void exit_with(int status);

  void answer_health(const HttpRequest& request, Reply reply);
  void answer_scrape(const SeriesFilter& filter, Reply reply);
  void take_snapshot();
  void answer_tap(Reply reply);
  void after(Milliseconds delay, std::function<void()> action);

  Dialect dialect_;
  CommandLine command_line_;
  ProcessFacts facts_;
  boost::asio::io_context io_{1};
  boost::asio::signal_set signals_;
  Clock::time_point started_;
  Phase phase_ = Phase::starting;
  std::deque<int> waiting_signals_;
  std::unique_ptr<Config> config_;
  std::unique_ptr<Config> next_config_;  ///< while it reloads
  BufferLocks locks_;
  Topology topology_;
  std::optional<HttpServer> api_;
  FloodWriter flood_;
  boost::asio::steady_timer phase_timer_;
  std::shared_ptr<int> modes_life_;  ///< timers of an older config's modes find it gone and do nothing
  bool failing_health_ = false;
  ProcessReading process_;
  std::vector<ComponentReading> snapshot_;
  Clock::time_point snapshot_at_;
  Clock::time_point drain_started_;
  Clock::time_point next_drain_report_;
  int status_ = 0;
};

}  // namespace standin
