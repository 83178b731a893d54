#include "agent/agent.h"

#include <signal.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <set>

#include "agent/calm_moment.h"
#include "agent/control/directory/directory_control.h"
#include "agent/control/vectorflow/vectorflow_control.h"
#include "agent/counted.h"
#include "agent/data_dir_lock.h"
#include "agent/held_stops.h"
#include "agent/http/worker_pool.h"
#include "agent/http_settings.h"
#include "agent/listeners.h"
#include "agent/local/host_view.h"
#include "agent/log_hub.h"
#include "agent/loop_lag.h"
#include "agent/node.h"
#include "agent/read_progress.h"
#include "agent/reaper.h"
#include "agent/scraper.h"
#include "agent/state_keeper.h"
#include "agent/supervisor_settings.h"
#include "agent/tap_view.h"
#include "agent/told_metrics.h"
#include "agent/unused_code.h"
#include "agent/update/updater.h"
#include "agent/vector_binary.h"
#include "agent/vector_probe.h"
#include "agent/version.h"
#include "metrics/agent_metrics.h"
#include "supervisor/atomic_file.h"
#include "supervisor/supervisor.h"
#include "tapper/sampler.h"
#include "tapper/tapper.h"

namespace vf::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// Of on_tick(), 5 to 15 s each.
constexpr unsigned start_is_over = 3;
// A signal that came just before they were held is in the loop's hands by then.
constexpr milliseconds signals_are_in{5};

}  // namespace

struct Agent::Impl final : ControlPlaneListener, supervisor::SupervisorListener, NodeView {
  Impl(Options with, const Launch& as, Log& to)
      : options(std::move(with)),
        launch(as),
        log(to),
        metrics({version, __VERSION__}, steady_clock::now()),
        lag(loop, metrics),
        hub(log, options.echo_logs),
        identity(identify_node(options.node_labels)),
        disk("disk", 1),
        codec("codec", 1),
        probe(loop),
        binary(loop, options.vector_bin,
               supervisor::child_environment(
                   launch.environment, supervisor_settings(options, launch.environment).environment_rules, "", {}),
               [this](const Result<supervisor::VectorVersion>& known) { on_version(known); }),
        keeper(
            loop, supervisor_settings(options, launch.environment), on(disk),
            [this](std::uint16_t port, std::function<void(bool)> done) { probe.health(port, std::move(done)); }, *this),
        memory(
            loop, options.data_dir, options.persist_secrets, on(disk),
            [this](const std::string& id) { return keeper.memory(id); }, [this] { return binary.identity(); },
            [this](const std::string& problem) { log.warn(problem); }),
        scraper({loop, probe, keeper, metrics, [this] { return control->report_interval(); },
                 [this](const supervisor::PipelineStatus& status, bool silent) { on_silent(status, silent); }}),
        tapper(TapView{loop, keeper, scraper, binary, options.data_dir}.parts(options.tap_life)),
        sampler(TapView{loop, keeper, scraper, binary, options.data_dir}.parts(tapper::Sampler::longest)),
        updater({loop, options, launch, options.in_container.value_or(identity.deployment_mode == "DOCKER"),
                 http_settings(options), log, [this](const std::string& why) { control->tell_update_error(why); },
                 [this](Upgrade next) { on_upgrade_ready(std::move(next)); }, [this] { return restored; },
                 [this] { return link_state.link; }}),
        file_rules(supervisor_settings(options, launch.environment).files),
        host_view({loop, options, launch, file_rules, keeper, memory, binary, updater, hub, scraper, metrics,
                   link_state, refused, on(codec), [this](const std::string& id) { return keeper.restart(id); },
                   tapper}),
        held_stops(options.mass_stop_guard, keeper, log),
        listeners({loop, options, metrics, lag, ready, log,
                   [this](const LocalRequest& asked, const Respond& respond) { host_view.answer(asked, respond); }}),
        progress(loop, keeper, hub, [this](const std::string& id) { return control->log_cursor(id); }),
        calm(loop, [this] { return keeper.is_reloading(); }),
        signals(loop, SIGTERM, SIGINT, SIGUSR2),
        tick(loop),
        reaper(loop, [](pid_t pid) { return supervisor::is_own_child(pid); }) {}

  static std::function<void(std::function<void()>)> on(WorkerPool& pool) {
    return [&pool](std::function<void()> job) { pool.submit(std::move(job)); };
  }

  // --- what runs ---------------------------------------------------------------------------------------------------

  Ending run(std::optional<Handover> handover) {
    if (const Status made = supervisor::make_directory(options.data_dir, 0700); !made) {
      log.error(made.error().message() + "; set VF_DATA_DIR to a directory the agent can write");
      return Ending::failed();
    }
    auto lock = lock_data_dir(options.data_dir, take_inherited(handover ? handover->lock : -1));
    if (!lock) {
      const bool taken = lock.error().code == EWOULDBLOCK;  // which says what to do
      log.error(lock.error().message() + (taken ? "" : "; set VF_DATA_DIR to a directory the agent can write"));
      return Ending::failed();
    }
    log.info(std::string("vf-agent ") + version + " starting: control plane " + options.url + ", data in " +
             options.data_dir);
    if (!listeners.start()) return Ending::failed();
    wait_for_signal();
    take_signals();
    // What an earlier image had started besides Vectors, and its guard, are children that nobody else waits for.
    if (::getpid() == 1 || handover) reaper.start();
    lag.start();
    if (!keeper.limits_problem().empty()) log.warn(keeper.limits_problem());
    memory.load([this](LeftBehind found) { on_left_behind(std::move(found)); });
    make_control();
    updater.start(std::move(handover));
    control->start();
    binary.check();
    on_tick();
    scraper.start();
    progress.start();
    loop.run();

    // Nothing below is on the loop any more: workers are stopped before what they use goes.
    listeners.stop();
    codec.stop();
    disk.finish();  // what is to be remembered is written first
    probe.stop();
    control.reset();
    if (!upgrade) log.info("stopped");
    return {0, std::move(upgrade), std::move(lock).value(), link_state.link == Link::connected};
  }

  /// What an earlier agent left goes on before anybody has said what must run.
  void on_left_behind(LeftBehind found) {
    for (const std::string& problem : found.problems) log.warn(problem);
    remembered_all = found.problems.empty();
    if (!found.pipelines.empty()) log.info("known from before: " + counted(found.pipelines.size(), "pipeline"));
    refused_by = std::move(found.refused_by);
    keeper.restore(std::move(found.pipelines), std::move(found.strays));
    restored = true;
    if (stopping) return stop_all();  // told to end before it was known what runs here
    if (vector_known && !refused_by.empty() && refused_by != std::set<std::string>{binary.identity()})
      keeper.on_binary_changed();
    if (auto early = std::exchange(early_wish, std::nullopt)) on_desired(std::move(*early));
  }

  void make_control() {
    if (options.is_directory()) {
      control = std::make_unique<DirectoryControl>(loop, options.directory, on(codec), *this,
                                                   [this](const std::string& text) { log.warn(text); });
      return;
    }
    auto vectorflow = std::make_unique<vectorflow::VectorflowControl>(vectorflow::VectorflowControl::Parts{
        loop, options, identity, *this, *this, metrics, log, hub, tapper, sampler, on(codec)});
    hub.set_reader(vectorflow.get());
    control = std::move(vectorflow);
  }

  /// Whatever is looked at now and then: the host, the Vector binary, the echo's losses.
  void on_tick() {
    binary.check();
    count_echo_losses();
    if (++ticks == start_is_over) codec.submit(give_back_unused_code);
    codec.submit([this] {
      metrics::HostReport report = host_reader.read();
      boost::asio::post(loop, [this, report = std::move(report)] {
        host_readings = report.readings;
        for (const std::string& problem : report.problems)
          if (said.insert(problem).second) log.warn("host figures: " + problem);
      });
    });
    tick.expires_after(control->report_interval());
    tick.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled) on_tick();
    });
  }

  void count_echo_losses() {
    const std::uint64_t now = log.dropped();
    if (now > echo_losses_told) metrics.count_dropped(metrics::Dropped::echo_lines, now - echo_losses_told);
    echo_losses_told = now;
  }

  void on_version(const Result<supervisor::VectorVersion>& known) {
    if (!known) return log.warn(known.error().message());
    log.info("Vector is version " + known.value().to_string());
    // The first answer after a start is a change only where another Vector had refused something.
    const std::string now = binary.identity();
    const bool same = !vector_known && (refused_by.empty() || refused_by == std::set<std::string>{now});
    vector_known = true;
    if (same) {
      keeper.on_binary_found();
    } else {
      keeper.on_binary_changed();
    }
    control->state_changed();
  }

  // --- what the control plane says -----------------------------------------------------------------------------------

  void on_desired(supervisor::DesiredState desired) override {
    if (!restored) {  // a moment only: the newest counts
      early_wish = std::move(desired);
      return;
    }
    held_stops.hold(desired, control->report_interval());
    keeper.apply(std::move(desired));
    memory.desired_is_known();
    if (ready.exchange(true)) return;
    log.info("ready: " + counted(keeper.size(), "pipeline") + " wanted" +
             (refused.empty() ? "" : ", " + std::to_string(refused.size()) + " refused"));
  }

  void on_still_desired() override {
    if (held_stops.wish()) on_desired(*held_stops.wish());
  }

  void on_update_offered(const UpdateOrder& order) override {
    if (!stopping) updater.offer(order);
  }

  void on_logs_leave() override { progress.note(); }

  void on_restart_requested(const std::string& id) override {
    if (!keeper.restart(id)) log.warn("asked to restart pipeline " + id + ", which is not wanted here");
  }

  void on_refused(const std::string& id, const std::string& reason) override {
    if (reason.empty()) {
      if (refused.erase(id) > 0)
        log.write(LogLevel::info, id, "the configuration is good again, or not asked for any more");
      if (!keeper.status(id)) metrics.remove_pipeline(id);
      if (orphan_rings.erase(id) > 0) hub.close(id);
    } else {
      refused.insert_or_assign(id, reason);
      if (!hub.ring(id)) {  // nothing of it runs: give its log a place all the same
        orphan_sinks[id] = hub.open(id, id);
        orphan_rings.insert(id);
      }
      on_note(supervisor::NoteLevel::error, id, "configuration refused: " + reason);
    }
    if (const auto status = keeper.status(id)) {
      tell_metrics(*status);
    } else if (!reason.empty()) {
      metrics::PipelineStatus told;
      told.name = id;
      told.sync = metrics::SyncState::refused;
      metrics.set_pipeline(id, told);
    }
    control->state_changed();
  }

  void on_link(const LinkState& state) override {
    link_state = state;
    metrics.set_link(as_metric(state.link));
    switch (state.link) {
      case Link::connecting:
        break;
      case Link::connected:
        log.info(options.is_directory() ? "reading pipelines from " + options.directory : "control plane connected");
        break;
      case Link::degraded:
        log.warn("control plane: " + state.reason);
        break;
      case Link::refused:
        log.error("control plane: " + state.reason);
        break;
    }
  }

  // --- what the supervisor says --------------------------------------------------------------------------------------

  std::unique_ptr<supervisor::OutputSink> open_output(const supervisor::PipelineSpec& spec) override {
    orphan_rings.erase(spec.id);
    orphan_sinks.erase(spec.id);
    return hub.open(spec.id, spec.name.empty() ? spec.id : spec.name);
  }

  void on_changed(const std::string& id) override {
    const auto status = keeper.status(id);
    if (!status) return;
    if (!status->pid) scraper.process_gone(id);
    tapper.pipeline_changed(id);
    tell_metrics(*status);
    control->state_changed();
  }

  void on_gone(const std::string& id) override {
    if (!stopping) memory.forget(id);  // else it is wanted still, and the next agent starts it
    scraper.forget(id);
    tapper.pipeline_changed(id);
    progress.forget(id);
    metrics.remove_pipeline(id);
    hub.close(id);
    control->state_changed();
  }

  void on_death(const supervisor::Death& death) override {
    state::Death kept;
    kept.pipeline_id = death.id;
    kept.pipeline_name = death.name;
    kept.at = std::chrono::duration_cast<seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    kept.how = death.how;
    kept.uptime_ms = death.uptime.count();
    kept.last_error = death.last_error;
    kept.next = death.next;
    kept.version = death.version;
    memory.add_death(std::move(kept));
  }

  void on_remember(const std::string& id, bool plan) override {
    if (stopping && !plan) return memory.remember_now(id);
    memory.remember(id, plan);
  }

  void on_counters_wanted(const std::string& id) override { scraper.scrape_now(id); }

  void on_silent(const supervisor::PipelineStatus& status, bool silent) {
    tell_metrics(status);
    if (silent)
      on_note(supervisor::NoteLevel::warning, status.id,
              "runs (pid " + std::to_string(*status.pid) + ") but does not answer on its metrics port " +
                  std::to_string(status.ports->metrics));
    else
      on_note(supervisor::NoteLevel::info, status.id, "answers on its metrics port again");
  }

  void on_note(supervisor::NoteLevel level, const std::string& id, const std::string& text) override {
    if (id.empty()) return log.write(as_log_level(level), "", text);
    const auto status = keeper.status(id);
    log.write(as_log_level(level), status && !status->name.empty() ? status->name : id, text);
    if (level != supervisor::NoteLevel::debug) hub.say(id, text);
  }

  void tell_metrics(const supervisor::PipelineStatus& status) {
    metrics::PipelineStatus told;
    told.name = status.name;
    told.up = status.state == supervisor::ProcessState::running && !scraper.is_silent(status.id);
    told.restarts_total = status.restarts;
    told.config_version = status.pid ? status.version : 0;
    told.sync = refused.contains(status.id) ? metrics::SyncState::refused : as_metric(status);
    metrics.set_pipeline(status.id, told);
  }

  // --- what a control plane may tell its server ----------------------------------------------------------------------

  [[nodiscard]] std::vector<supervisor::PipelineStatus> statuses() const override { return keeper.statuses(); }
  [[nodiscard]] bool remembers_all() const override { return remembered_all; }
  [[nodiscard]] std::shared_ptr<const metrics::VectorReadings> readings(const std::string& id,
                                                                        std::uint64_t generation) const override {
    return scraper.readings(id, generation);
  }
  [[nodiscard]] std::optional<metrics::HostReadings> host() const override { return host_readings; }
  [[nodiscard]] std::string vector_version() const override { return binary.version(); }

  // --- the end -------------------------------------------------------------------------------------------------------

  void wait_for_signal() {
    signals.async_wait([this](boost::system::error_code cancelled, int number) {
      if (cancelled) return;
      if (number == SIGUSR2) {
        updater.reexec();
      } else {
        on_stop_signal(number);
      }
      wait_for_signal();
    });
  }

  void on_stop_signal(int number) {
    const std::string name = number == SIGTERM ? "SIGTERM" : "SIGINT";
    if (!std::exchange(stopping, true)) {
      log.info(name + ": stopping " + counted(keeper.size(), "pipeline") + "; once more kills");
      scraper.stop();
      end_taps("the agent stops");
      updater.stop();
      upgrade.reset();
      calm.cancel();
      take_signals();  // an end that was asked for in the last moment of a handover
      if (restored) stop_all();
      return;
    }
    log.warn(name + " again: killing what still runs");
    hurried = true;
    if (!restored) return;  // stop_all() is yet to come
    keeper.kill_all();
    if (keeper.size() == 0) loop.stop();
  }

  void end_taps(const std::string& why) {
    tapper.stop(why);
    sampler.stop();
  }

  void stop_all() {
    keeper.stop_all([this] { on_all_stopped(); });
    if (hurried) keeper.kill_all();
  }

  void on_all_stopped() {
    if (hurried) return loop.stop();
    control->shut_down([this] { loop.stop(); });
  }

  // --- another program in this process -------------------------------------------------------------------------------

  void on_upgrade_ready(Upgrade to) {
    upgrade = std::move(to);
    hand_over_when_calm();
  }

  void hand_over_when_calm() {
    calm.wait([this] {
      if (std::exchange(handed_over, true)) return end_for_another();
      log.info("handing over to version " + upgrade->target + "; the pipelines run on");
      end_taps("the agent becomes version " + upgrade->target);
      control->hand_over([this] {
        if (!stopping) hand_over_when_calm();  // a check that was under way may have led to a reload meanwhile
      });
    });
  }

  void end_for_another() {
    hold_signals();  // they are the next program's
    calm.rest(signals_are_in, [this] {
      progress.mark();
      memory.flush();
      loop.stop();
    });
  }

  Options options;
  const Launch& launch;
  Log& log;
  boost::asio::io_context loop{1};
  metrics::AgentMetrics metrics;
  LoopLag lag;
  LogHub hub;
  NodeIdentity identity;
  metrics::HostReader host_reader;
  WorkerPool disk;   // one thread: file jobs are done in the order they were given
  WorkerPool codec;  // one thread: encodes, decodes, reads /proc
  VectorProbe probe;
  VectorBinary binary;
  supervisor::Supervisor keeper;
  StateKeeper memory;
  std::unique_ptr<ControlPlane> control;
  Scraper scraper;
  tapper::Tapper tapper;
  tapper::Sampler sampler;
  LinkState link_state;
  Updater updater;
  std::optional<Upgrade> upgrade;  // what this process is about to become
  bool handed_over = false;        // by the control plane
  const supervisor::FileRules file_rules;
  std::map<std::string, std::string> refused;  // id → why its newest wish is not used
  HostView host_view;
  HeldStops held_stops;
  std::atomic<bool> ready{false};
  Listeners listeners;
  ReadProgress progress;
  CalmMoment calm;
  boost::asio::signal_set signals;
  boost::asio::steady_timer tick;
  Reaper reaper;
  std::optional<metrics::HostReadings> host_readings;
  std::set<std::string> orphan_rings;  // logs of refused pipelines that never ran
  std::map<std::string, std::unique_ptr<supervisor::OutputSink>> orphan_sinks;
  std::set<std::string> said;
  std::uint64_t echo_losses_told = 0;
  unsigned ticks = 0;
  std::optional<supervisor::DesiredState> early_wish;  // said before it was known what an earlier agent left
  bool restored = false;
  bool remembered_all = false;
  std::set<std::string> refused_by;  // identities of the Vectors that refused what is held since before
  bool vector_known = false;
  bool stopping = false;
  bool hurried = false;
};

namespace {

/// Most agents run as root and can write the default; one that cannot has a place of its own all the same.
Options with_usable_data_dir(Options options, Log& log) {
  if (options.vector_data_dir != Options().vector_data_dir) return options;
  const Status made = supervisor::make_directory(options.vector_data_dir + "/pipelines", 0700);
  if (made) return options;
  const std::string instead = options.data_dir + "/vector";
  log.info(made.error().message() + ": pipelines that name no data_dir keep their state below " + instead +
           " (VF_VECTOR_DATA_DIR)");
  options.vector_data_dir = instead;
  return options;
}

}  // namespace

Agent::Agent(Options options, const Launch& launch, Log& log)
    : impl_(std::make_unique<Impl>(with_usable_data_dir(std::move(options), log), launch, log)) {}

Agent::~Agent() = default;

Agent::Ending Agent::run(std::optional<Handover> handover) {
  return impl_->run(std::move(handover));
}

}  // namespace vf::agent
