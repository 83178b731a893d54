// Supervisor: keeps one Vector process per wanted pipeline running. The shell around lifecycle.h: it turns completions
// (files written, process exited, timer due, health seen) into events and executes the actions that come back.
// Lives on the loop's thread; what blocks (file writes) runs on `run_on_worker`, in the order it was given.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "supervisor/child_environment.h"
#include "supervisor/lifecycle.h"
#include "supervisor/output_follower.h"
#include "supervisor/pipeline_files.h"
#include "supervisor/pipeline_spec.h"
#include "supervisor/port_pairs.h"
#include "supervisor/process/child.h"
#include "supervisor/reconcile.h"

namespace vf::supervisor {

struct SupervisorSettings {
  std::string data_dir;
  std::string vector_bin;
  SidecarKind sidecar = SidecarKind::lean;
  std::uint16_t port_base = 8688;
  LifecycleLimits limits;
  /// Said once of each process whose health takes longer; a huge configuration may, a hung process does.
  std::chrono::milliseconds health_is_late{15000};
  Environment own_environment;
  ChildEnvironmentRules environment_rules;
};

/// What is true of one pipeline now.
struct PipelineStatus {
  std::string id, name;
  std::int64_t version = 0;  ///< of the process where there is one, else the wanted one
  std::string checksum;      ///< belongs to `version`
  ProcessState state = ProcessState::stopped;
  std::optional<pid_t> pid;
  std::optional<TimePoint> started;  ///< of the process that exists
  std::uint64_t generation = 0;      ///< changes with every attempt
  std::uint64_t restarts = 0;        ///< processes started after the first one
  std::optional<PortPair> ports;
  std::string problem;  ///< why it is not running as wanted, in words; "" where it is
};

enum class NoteLevel { debug, info, warning, error };

/// Its calls come from inside the supervisor's work: none of them may call apply(), restart(), stop_all() or
/// kill_all().
class SupervisorListener {
 public:
  virtual ~SupervisorListener() = default;
  /// Where a new pipeline's lines go; kept until on_gone().
  virtual std::unique_ptr<OutputSink> open_output(const PipelineSpec& spec) = 0;
  /// Something that `status` tells about it has changed.
  virtual void on_changed(const std::string& id) = 0;
  /// It is not wanted any more, and nothing of it is left.
  virtual void on_gone(const std::string& id) = 0;
  /// Something an operator should read; `id` is "" where it is about no single pipeline.
  virtual void on_note(NoteLevel level, const std::string& id, const std::string& text) = 0;
};

/// Asks GET /health of a port of 127.0.0.1 without blocking the loop; `done` is called once, on the loop.
using HealthProbe = std::function<void(std::uint16_t port, std::function<void(bool healthy)> done)>;

class Supervisor {
 public:
  using RunOnWorker = std::function<void(std::function<void()>)>;  ///< one job after the other, in order

  Supervisor(boost::asio::io_context& loop, SupervisorSettings settings, RunOnWorker run_on_worker, HealthProbe probe,
             SupervisorListener& listener);
  ~Supervisor();

  /// Makes `desired` what runs: starts, replaces and stops. What is absent is stopped.
  void apply(DesiredState desired);
  /// Replaces one pipeline's process; false where it is not wanted here.
  bool restart(const std::string& id);
  [[nodiscard]] std::optional<PipelineStatus> status(const std::string& id) const;
  /// All known pipelines, those being stopped included, ordered by id.
  [[nodiscard]] std::vector<PipelineStatus> statuses() const;
  /// The first pipeline after this id that runs; "" comes before all ids.
  [[nodiscard]] std::optional<PipelineStatus> next_running(const std::string& after) const;
  [[nodiscard]] std::size_t size() const { return pipelines_.size(); }

  /// Stops every pipeline side by side; `done` once none is left. Later apply() and restart() do nothing.
  void stop_all(std::function<void()> done);
  /// SIGKILL to every process that exists.
  void kill_all();

 private:
  struct Pipeline;
  void record(const std::string& id, Event event);
  void drain();
  void execute(Pipeline& pipeline, const Action& action);
  void prepare(Pipeline& pipeline, std::uint64_t generation);
  void on_written(const std::string& id, std::uint64_t generation, const Result<Written>& written);
  void spawn_later(const std::string& id, std::uint64_t generation);
  void spawn_next();
  void spawn(Pipeline& pipeline, std::uint64_t generation);
  [[nodiscard]] Result<std::unique_ptr<Child>> start_process(Pipeline& pipeline, std::uint64_t generation);
  void on_exit(const std::string& id, std::uint64_t generation, ExitStatus status);
  void on_output_read(const std::string& id, std::uint64_t generation);
  void watch_health(const std::string& id, std::uint64_t generation, std::chrono::milliseconds pause);
  void arm(Pipeline& pipeline, const action::Arm& arm);
  void tell_retry(Pipeline& pipeline, TimePoint at);
  void find_ports(Pipeline& pipeline);
  void sweep(const DesiredState& desired);
  [[nodiscard]] std::set<std::string> certs_of_nobody_else(const Pipeline& pipeline) const;
  void tell(const std::vector<std::string>& failures);
  void forget(const std::string& id);
  void note(NoteLevel level, const std::string& id, const std::string& text);
  [[nodiscard]] Pipeline* find(const std::string& id);
  [[nodiscard]] PipelineStatus status_of(const Pipeline& pipeline) const;

  boost::asio::io_context& loop_;
  SupervisorSettings settings_;
  RunOnWorker run_on_worker_;
  HealthProbe probe_;
  SupervisorListener& listener_;
  PortPairs ports_;
  OutputFollower follower_;
  std::map<std::string, std::unique_ptr<Pipeline>> pipelines_;
  std::deque<std::pair<std::string, Event>> recorded_;
  std::deque<std::pair<std::string, std::uint64_t>> to_spawn_;  // ids with the generation of their attempt
  bool draining_ = false;
  bool swept_ = false;
  std::uint64_t last_generation_ = 0;  // of the pipelines that are gone: one that comes back goes on above
  std::string binary_problem_;         // said once, not once a pipeline
  std::function<void()> all_stopped_;
  bool stopping_ = false;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace vf::supervisor
