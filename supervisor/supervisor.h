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
#include "supervisor/process/cgroup.h"
#include "supervisor/process/child.h"
#include "supervisor/process_record.h"
#include "supervisor/reconcile.h"
#include "supervisor/reload_verdict.h"
#include "supervisor/rollout.h"
#include "supervisor/validator.h"

namespace vf::supervisor {

struct SupervisorSettings {
  std::string data_dir;
  std::string vector_bin;
  FileRules files;
  ResourceLimits pipeline_limits;
  std::uint16_t port_base = 8688;
  LifecycleLimits limits;
  RolloutLimits rollout;
  std::chrono::milliseconds validate_deadline{30000};
  unsigned validations_at_once = 2;
  /// Said once of each process whose health takes longer; a huge configuration may, a hung process does.
  std::chrono::milliseconds health_is_late{15000};
  /// The loop's other work has its turn after that long, however much is to be done (500 pipelines begin at once).
  std::chrono::milliseconds longest_turn{2};
  Environment own_environment;
  ChildEnvironmentRules environment_rules;
};

/// What is true of one pipeline now.
struct PipelineStatus {
  std::string id, name;
  bool wanted = false;       ///< it is not being stopped for good
  std::int64_t version = 0;  ///< of the process where there is one, else the wanted one
  std::string checksum;      ///< belongs to `version`
  ProcessState state = ProcessState::stopped;
  std::optional<pid_t> pid;
  std::optional<TimePoint> started;  ///< of the process that exists
  std::uint64_t generation = 0;      ///< changes with every attempt
  std::uint64_t restarts = 0;        ///< processes started after the first one
  std::optional<PortPair> ports;
  std::string problem;  ///< why it is not running as wanted, in words; "" where it is
  Sync sync = Sync::applying;
  std::int64_t refused_version = 0;  ///< where `sync` is refused or rolled_back: of the wish that is held
  std::string refusal;               ///< and why, in Vector's words, secrets masked; may have several lines
};

/// One process that ended without being asked.
struct Death {
  std::string id, name;
  std::int64_t version = 0;
  ExitStatus status;
  std::string how;  ///< the status in words
  std::chrono::milliseconds uptime{0};
  std::string last_error;  ///< the last error line it printed, else the last line of stderr; "" where there is none
  std::string next;        ///< what happens now, and when
};

/// What the next agent needs of one pipeline; see agent/state.
struct Memory {
  PipelineSpec wanted;
  bool wanted_lacks_secrets = false;  ///< they were not kept: it cannot be started before the control plane has spoken
  std::optional<PipelineSpec> good;
  bool good_lacks_secrets = false;
  std::optional<PipelineSpec> runs;  ///< what it is to run now, where that is neither
  bool runs_lacks_secrets = false;
  struct Refused {
    std::string checksum;
    std::int64_t version = 0;
    std::string reason;
    std::string vector_version;  ///< of the Vector that refused it; the agent's to fill in
  };
  std::optional<Refused> refused;
  std::optional<ProcessRecord> process;
  std::uint64_t starts = 0;
};

/// Bytes of a process's two output files.
struct ReadOffsets {
  std::uint64_t standard_output = 0, standard_error = 0;
  friend bool operator==(const ReadOffsets&, const ReadOffsets&) = default;
};

/// A process that an earlier agent started and that still runs.
struct Survivor {
  pid_t pid = 0;
  UniqueDescriptor pidfd;
};

/// What an earlier agent left of one pipeline. Without a survivor `memory.process` does not count.
struct Remembered {
  Memory memory;
  std::optional<Survivor> survivor;
};

/// A survivor that nobody remembers: it is told to end, and what is wanted in its place waits for that.
struct Stray {
  Survivor survivor;
  std::string config;  ///< the file it was started with
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
  /// A process ended without being asked; called when it is known what happens next.
  virtual void on_death(const Death& death) = 0;
  /// Vector has not said how a reload went: it is to be scraped soon, and on_counters() to be called.
  virtual void on_counters_wanted(const std::string& id) = 0;
  /// What memory() answers for this pipeline has changed; `plan`: more than its process.
  virtual void on_remember(const std::string& id, bool plan) = 0;
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

  /// Once, before the first apply(): takes over what an earlier agent left, processes and all, and starts what it
  /// wanted.
  void restore(std::vector<Remembered> remembered, std::vector<Stray> strays);
  /// Makes `desired` what runs: starts, replaces and stops. What is absent is stopped.
  void apply(DesiredState desired);
  /// The pipelines that apply() would stop.
  [[nodiscard]] std::vector<std::string> absent_from(const DesiredState& desired) const;
  /// Some reload is under way: Vector has not said how it went, or it is being proved.
  [[nodiscard]] bool is_reloading() const;
  /// Replaces one pipeline's process; false where it is not wanted here.
  bool restart(const std::string& id);
  [[nodiscard]] std::optional<PipelineStatus> status(const std::string& id) const;
  /// All known pipelines, those being stopped included, ordered by id.
  [[nodiscard]] std::vector<PipelineStatus> statuses() const;
  /// The first pipeline after this id that runs; "" comes before all ids.
  [[nodiscard]] std::optional<PipelineStatus> next_running(const std::string& after) const;
  [[nodiscard]] std::size_t size() const { return pipelines_.size(); }
  /// Why limits that were asked for are not kept here, in one sentence; "" where they are.
  [[nodiscard]] const std::string& limits_problem() const;
  /// What the process runs, or else the newest wish; null where the pipeline is not known. Until something happens to
  /// it.
  [[nodiscard]] const PipelineSpec* shown_spec(const std::string& id) const;
  [[nodiscard]] std::optional<Memory> memory(const std::string& id) const;
  /// How far the whole lines go that were handed on.
  [[nodiscard]] ReadOffsets handed_on(const std::string& id) const;
  /// The next agent need not read again what is before these.
  void mark_read(const std::string& id, ReadOffsets offsets);
  /// A reading of the metrics of that very process.
  void on_counters(const std::string& id, std::uint64_t generation, ReloadCounters counters);
  /// There is a Vector binary: what waits for one is tried now.
  void on_binary_found();
  /// Another Vector is installed: what the one before refused is checked again, and what waits for one is tried now.
  void on_binary_changed();

  /// Stops every pipeline side by side; `done` once none is left. Later apply() and restart() do nothing.
  void stop_all(std::function<void()> done);
  /// SIGKILL to every process that exists.
  void kill_all();

 private:
  struct Pipeline;
  struct Prepared;
  struct Staged;
  class ErrorLines;
  struct TellDeath {};
  using Recorded = std::variant<Event, RolloutEvent, TellDeath>;
  void record(const std::string& id, Recorded event);
  void drain();
  void drain_later();
  [[nodiscard]] bool take(Pipeline& pipeline, const Recorded& what);
  void prune(Pipeline& pipeline);
  void tell_changes(Pipeline& pipeline);
  void execute(Pipeline& pipeline, const Action& action);
  void execute(Pipeline& pipeline, const RolloutAction& action);

  // supervisor_process.cpp: the lifecycle's actions
  void prepare(Pipeline& pipeline, std::uint64_t generation);
  void on_prepared(const std::string& id, std::uint64_t generation, Prepared& prepared);
  static void take_old_data(const FileRules& rules, const PipelineSpec& spec,
                            const std::map<std::string, std::string>& yamls, Prepared& prepared);
  [[nodiscard]] std::shared_ptr<const std::map<std::string, std::string>> all_yamls();
  void spawn_later(const std::string& id, std::uint64_t generation);
  void spawn_next();
  void spawn(Pipeline& pipeline, std::uint64_t generation);
  [[nodiscard]] Result<std::string> find_vector(bool tell_it);
  void tell_own_api(Pipeline& pipeline, const Written& written, std::uint64_t revision);
  [[nodiscard]] Status follow_output(Pipeline& pipeline, const PipelineFiles& files, const ProcessRecord* resume);
  [[nodiscard]] Result<std::unique_ptr<Child>> start_process(Pipeline& pipeline, std::uint64_t generation);
  void on_exit(const std::string& id, std::uint64_t generation, ExitStatus status);
  void on_output_read(const std::string& id, std::uint64_t generation);
  void watch_health(const std::string& id, std::uint64_t generation, std::chrono::milliseconds pause);
  void arm(Pipeline& pipeline, const action::Arm& arm);
  void tell_retry(Pipeline& pipeline, TimePoint at);
  void tell_death(Pipeline& pipeline);
  void find_ports(Pipeline& pipeline);

  // supervisor_rollout.cpp: the rollout's actions
  void check(const std::string& id, std::uint64_t number, std::uint64_t revision);
  void on_staged(const std::string& id, std::uint64_t number, std::uint64_t revision, const Staged& staged);
  void on_validated(const std::string& id, std::uint64_t number, std::uint64_t revision,
                    const ValidationVerdict& verdict);
  void run(Pipeline& pipeline, const rollout_action::Run& run);
  void place_and_want(const std::string& id, std::uint64_t revision);
  void reload(Pipeline& pipeline, const rollout_action::Reload& reload);
  void on_placed_for_reload(const std::string& id, const rollout_action::Reload& reload, const Status& placed);
  void end_reload(Pipeline& pipeline);
  void hear(Pipeline& pipeline, std::string_view line);
  void heed_verdict(Pipeline& pipeline);
  void ask_counters(const std::string& id, std::uint64_t number);
  [[nodiscard]] bool is_under_way(const std::string& id, std::uint64_t number);
  void relabel(Pipeline& pipeline, std::uint64_t revision);
  void probe(Pipeline& pipeline, std::uint64_t number);
  void restore(Pipeline& pipeline, std::uint64_t revision);
  void hold(Pipeline& pipeline, const rollout_action::Hold& hold);
  void arm_rollout(Pipeline& pipeline, const rollout_action::Arm& arm);

  // supervisor_restore.cpp
  void restore_one(Remembered remembered);
  void adopt(Pipeline& pipeline, const ProcessRecord& record, Survivor survivor, std::uint64_t revision);
  [[nodiscard]] bool adopt_stray(Pipeline& pipeline);
  void fill_in(DesiredState& desired);

  void sweep(const DesiredState& desired);
  [[nodiscard]] std::set<std::string> certs_of_nobody_else(const Pipeline& pipeline) const;
  void tell(const std::vector<std::string>& failures);
  void forget(const std::string& id);
  void note(NoteLevel level, const std::string& id, const std::string& text);
  [[nodiscard]] Pipeline* find(const std::string& id);
  [[nodiscard]] static const PipelineSpec& shown_spec(const Pipeline& pipeline);
  [[nodiscard]] PipelineStatus status_of(const Pipeline& pipeline) const;
  [[nodiscard]] ProcessState state_of(const Pipeline& pipeline) const;

  boost::asio::io_context& loop_;
  SupervisorSettings settings_;
  RunOnWorker run_on_worker_;
  HealthProbe probe_;
  SupervisorListener& listener_;
  PortPairs ports_;
  OutputFollower follower_;
  const PipelineCgroups cgroups_;
  std::shared_ptr<const std::map<std::string, std::string>> all_yamls_;  // of all pipelines; null: to be collected
  std::map<std::string, std::unique_ptr<Pipeline>> pipelines_;
  std::map<std::string, std::unique_ptr<Child>> strays_;  // by configuration file
  Validator validator_;
  std::deque<std::pair<std::string, Recorded>> recorded_;
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
