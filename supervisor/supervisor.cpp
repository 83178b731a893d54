#include "supervisor/supervisor.h"

#include <signal.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "supervisor/duration_words.h"

namespace vf::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A Vector with a small configuration answers 35 to 55 ms after its start.
constexpr milliseconds first_health_pause{15};
constexpr milliseconds longest_health_pause{1000};
constexpr milliseconds longest_turn{2};

std::string as_text(PortPair pair) {
  return std::to_string(pair.metrics) + "/" + std::to_string(pair.api);
}

}  // namespace

struct Supervisor::Pipeline {
  Pipeline(boost::asio::io_context& loop, PipelineSpec wanted)
      : spec(std::move(wanted)), retry(loop), stable(loop), kill(loop), health(loop) {}

  boost::asio::steady_timer& timer(Timer which) {
    switch (which) {
      case Timer::retry:
        return retry;
      case Timer::stable:
        return stable;
      case Timer::kill:
        return kill;
    }
    return kill;
  }

  PipelineSpec spec;  // the newest wish
  Lifecycle life;
  std::uint64_t revision = 1;
  std::optional<PortPair> ports;
  std::unique_ptr<OutputSink> sink;
  bool followed = false;
  std::unique_ptr<Child> child;
  std::int64_t running_version = 0;
  std::string running_checksum;
  TimePoint started{};
  std::uint64_t starts = 0;
  int outputs_to_drain = 0;
  std::string ended;  // how the process that is being drained ended
  ExitStatus last_exit;
  bool late_told = false;            // that this process's health takes long
  std::string told_problem;          // the reason last given for a process that could not be started
  std::uint64_t own_api_told = 0;    // the revision that was told to have an `api` section
  std::set<std::string> cert_files;  // names below certs/ that were written for it and not removed
  std::string problem;
  std::pair<ProcessState, std::uint64_t> told{ProcessState::stopped, 0};  // state and starts, as last reported
  boost::asio::steady_timer retry, stable, kill, health;
};

Supervisor::Supervisor(boost::asio::io_context& loop, SupervisorSettings settings, RunOnWorker run_on_worker,
                       HealthProbe probe, SupervisorListener& listener)
    : loop_(loop),
      settings_(std::move(settings)),
      run_on_worker_(std::move(run_on_worker)),
      probe_(std::move(probe)),
      listener_(listener),
      ports_(settings_.port_base, port_is_free),
      follower_(loop, run_on_worker_, [this](const std::string& text) { note(NoteLevel::warning, "", text); }) {}

Supervisor::~Supervisor() = default;

Supervisor::Pipeline* Supervisor::find(const std::string& id) {
  const auto found = pipelines_.find(id);
  return found == pipelines_.end() ? nullptr : found->second.get();
}

void Supervisor::note(NoteLevel level, const std::string& id, const std::string& text) {
  listener_.on_note(level, id, text);
}

/// From a worker: says on the loop what could not be done.
void Supervisor::tell(const std::vector<std::string>& failures) {
  for (const std::string& failure : failures)
    boost::asio::post(loop_, [this, failure] { note(NoteLevel::warning, "", failure); });
}

/// Once, as soon as it is known what is wanted: what an earlier run left goes.
void Supervisor::sweep(const DesiredState& desired) {
  if (swept_ || desired.keep_absent) return;
  swept_ = true;
  std::set<std::string> ids(desired.keep.begin(), desired.keep.end());
  std::set<std::string> certs;
  const auto keep = [&](const PipelineSpec& spec) {
    ids.insert(spec.id);
    for (const CertFile& cert : spec.certs) certs.insert(cert.filename);
  };
  for (const PipelineSpec& spec : desired.pipelines) keep(spec);
  for (const auto& [id, pipeline] : pipelines_) {
    keep(pipeline->spec);
    certs.insert(pipeline->cert_files.begin(), pipeline->cert_files.end());
  }
  run_on_worker_([this, data_dir = settings_.data_dir, ids = std::move(ids), certs = std::move(certs)] {
    tell(remove_leftovers(data_dir, ids, certs));
  });
}

void Supervisor::apply(DesiredState desired) {
  if (stopping_) return;
  sweep(desired);
  std::map<std::string, const PipelineSpec*> known;
  for (const auto& [id, pipeline] : pipelines_)
    if (pipeline->life.wanted) known.emplace(id, &pipeline->spec);
  Plan plan = reconcile(std::move(desired), known);

  for (PipelineSpec& spec : plan.relabel) {
    Pipeline& pipeline = *find(spec.id);
    if (pipeline.life.attempt_revision == pipeline.life.wanted_revision) pipeline.running_version = spec.version;
    pipeline.spec = std::move(spec);
    listener_.on_changed(pipeline.spec.id);
  }
  for (PipelineSpec& spec : plan.change) {
    Pipeline& pipeline = *find(spec.id);
    pipeline.spec = std::move(spec);
    note(NoteLevel::info, pipeline.spec.id, "version " + std::to_string(pipeline.spec.version) + " is wanted now");
    record(pipeline.spec.id, event::Want{++pipeline.revision});
  }
  for (PipelineSpec& spec : plan.start) {
    const std::string id = spec.id;
    Pipeline* pipeline = find(id);
    if (pipeline == nullptr) {  // else it is still being stopped from before: its next process gets the new wish
      pipeline = pipelines_.emplace(id, std::make_unique<Pipeline>(loop_, std::move(spec))).first->second.get();
      pipeline->life.generation = last_generation_;
      pipeline->sink = listener_.open_output(pipeline->spec);
    } else {
      pipeline->spec = std::move(spec);
    }
    record(id, event::Want{++pipeline->revision});
  }
  for (const std::string& id : plan.stop) {
    note(NoteLevel::info, id, "is not wanted any more; stopping it");
    record(id, event::Unwant{});
  }
  drain();
}

bool Supervisor::restart(const std::string& id) {
  const Pipeline* pipeline = find(id);
  if (stopping_ || pipeline == nullptr || !pipeline->life.wanted) return false;
  note(NoteLevel::info, id, "restart was asked for");
  record(id, event::Restart{});
  drain();
  return true;
}

void Supervisor::stop_all(std::function<void()> done) {
  stopping_ = true;
  all_stopped_ = std::move(done);
  for (const auto& [id, pipeline] : pipelines_) record(id, event::Unwant{});
  drain();
  if (pipelines_.empty() && all_stopped_) boost::asio::post(loop_, std::exchange(all_stopped_, nullptr));
}

void Supervisor::kill_all() {
  for (const auto& [id, pipeline] : pipelines_) record(id, event::KillNow{});
  drain();
}

void Supervisor::record(const std::string& id, Event event) {
  recorded_.emplace_back(id, std::move(event));
}

/// Works off what was recorded; the rest of a lot (500 pipelines begin at once) after the loop's other work had its turn.
void Supervisor::drain() {
  if (draining_) return;
  draining_ = true;
  const auto begin = steady_clock::now();
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  while (!recorded_.empty()) {
    if (steady_clock::now() - begin > longest_turn) {
      boost::asio::post(loop_, [this] { drain(); });
      break;
    }
    const auto [id, event] = std::move(recorded_.front());
    recorded_.pop_front();
    Pipeline* pipeline = find(id);
    if (pipeline == nullptr) continue;
    for (const Action& action : step(pipeline->life, event, steady_clock::now(), settings_.limits, uniform(random_))) {
      if (std::holds_alternative<action::Gone>(action)) {
        forget(id);
        pipeline = nullptr;
        break;  // Gone is always the last one
      }
      execute(*pipeline, action);
    }
    if (pipeline == nullptr) continue;
    const ProcessState state = process_state(pipeline->life, settings_.limits.restart);
    // A new process is news too, even where it is one more of a crash loop.
    const auto told = std::pair(state, pipeline->starts);
    if (told != std::exchange(pipeline->told, told)) listener_.on_changed(id);
  }
  draining_ = false;
}

void Supervisor::execute(Pipeline& pipeline, const Action& action) {
  struct Execute {
    Supervisor& self;
    Pipeline& pipeline;
    void operator()(const action::Prepare& prepare) { self.prepare(pipeline, prepare.generation); }
    void operator()(const action::Spawn& spawn) { self.spawn_later(pipeline.spec.id, spawn.generation); }
    void operator()(const action::WatchHealth& watch) {
      self.watch_health(pipeline.spec.id, watch.generation, first_health_pause);
    }
    void operator()(const action::Terminate&) {
      pipeline.child->signal(SIGTERM);
      pipeline.child->signal(SIGCONT);  // a stopped process would never see it
    }
    void operator()(const action::Kill& kill) {
      if (kill.overdue)
        self.note(NoteLevel::warning, pipeline.spec.id,
                  "did not end within " + in_words(self.settings_.limits.stop_timeout) +
                      " of SIGTERM (VF_STOP_TIMEOUT); killing it, what it still held is lost");
      pipeline.child->kill_group();
    }
    void operator()(const action::Arm& arm) { self.arm(pipeline, arm); }
    void operator()(const action::Disarm& disarm) { pipeline.timer(disarm.timer).cancel(); }
    void operator()(const action::Gone&) {}
  };
  std::visit(Execute{*this, pipeline}, action);
}

void Supervisor::find_ports(Pipeline& pipeline) {
  const std::string& id = pipeline.spec.id;
  if (pipeline.ports && !ports_.usable(*pipeline.ports)) {
    note(NoteLevel::warning, id,
         "another program holds one of its ports " + as_text(*pipeline.ports) + "; taking the next pair");
    pipeline.ports.reset();
  }
  if (pipeline.ports) return;
  pipeline.ports = ports_.allocate();
  const std::vector<PortPair> skipped = ports_.take_skipped();
  if (pipeline.ports) {
    for (const PortPair& held : skipped)
      note(NoteLevel::info, id, "ports " + as_text(held) + " are held by another program and skipped");
  } else if (ports_.used_up()) {
    pipeline.problem = "no port is left between VF_PORT_BASE (" + std::to_string(settings_.port_base) +
                       ") and 65535, as none is used twice; restart vf-agent, with a lower VF_PORT_BASE if need be";
  } else {
    pipeline.problem = "other programs hold ports in every pair from " + as_text(skipped.front()) + " to " +
                       as_text(skipped.back()) + "; looking further up next, or set VF_PORT_BASE to a free range";
  }
}

void Supervisor::prepare(Pipeline& pipeline, std::uint64_t generation) {
  const std::string& id = pipeline.spec.id;
  find_ports(pipeline);
  if (!pipeline.ports) {
    record(id, event::PrepareFailed{generation});
    return;
  }
  // No process of it exists now: certificates that only an older version names can go.
  std::set<std::string> orphaned = certs_of_nobody_else(pipeline);
  pipeline.cert_files.clear();
  for (const CertFile& cert : pipeline.spec.certs) {
    orphaned.erase(cert.filename);
    pipeline.cert_files.insert(cert.filename);
  }
  run_on_worker_([this, id, generation, data_dir = settings_.data_dir, spec = pipeline.spec, kind = settings_.sidecar,
                  ports = *pipeline.ports, orphaned = std::move(orphaned)] {
    Result<Written> written = write_pipeline(data_dir, spec, kind, ports);
    tell(remove_certs(data_dir, orphaned));
    boost::asio::post(loop_,
                      [this, id, generation, written = std::move(written)] { on_written(id, generation, written); });
  });
}

/// What was written for this pipeline below certs/ and is neither named nor used by another.
std::set<std::string> Supervisor::certs_of_nobody_else(const Pipeline& pipeline) const {
  std::set<std::string> own = pipeline.cert_files;
  for (const auto& [id, other] : pipelines_) {
    if (other.get() == &pipeline) continue;
    for (const std::string& cert : other->cert_files) own.erase(cert);
    for (const CertFile& cert : other->spec.certs) own.erase(cert.filename);
  }
  return own;
}

void Supervisor::on_written(const std::string& id, std::uint64_t generation, const Result<Written>& written) {
  Pipeline* pipeline = find(id);
  if (pipeline == nullptr || pipeline->life.generation != generation) return;
  if (!written) {
    pipeline->problem = written.error().message();
    record(id, event::PrepareFailed{generation});
  } else {
    if (written.value().own_api_taken_out &&
        std::exchange(pipeline->own_api_told, pipeline->revision) != pipeline->revision)
      note(NoteLevel::info, id,
           "its own `api` section is replaced by the agent's (port " + std::to_string(pipeline->ports->api) + ")");
    record(id, event::Prepared{generation});
  }
  drain();
}

/// A start holds the loop for about a millisecond (fork, and the wait for the exec): of many, one a turn.
void Supervisor::spawn_later(const std::string& id, std::uint64_t generation) {
  to_spawn_.emplace_back(id, generation);
  if (to_spawn_.size() == 1) boost::asio::post(loop_, [this] { spawn_next(); });
}

void Supervisor::spawn_next() {
  const auto [id, generation] = std::move(to_spawn_.front());
  to_spawn_.pop_front();
  if (!to_spawn_.empty()) boost::asio::post(loop_, [this] { spawn_next(); });
  Pipeline* pipeline = find(id);
  if (pipeline == nullptr || pipeline->life.generation != generation) return;
  if (pipeline->life.superseded) {  // it would be ended at once
    record(id, event::SpawnFailed{generation});
  } else {
    spawn(*pipeline, generation);
  }
  drain();
}

void Supervisor::spawn(Pipeline& pipeline, std::uint64_t generation) {
  Result<std::unique_ptr<Child>> child = start_process(pipeline, generation);
  if (!child) {
    pipeline.problem = child.error().message();
    record(pipeline.spec.id, event::SpawnFailed{generation});
    return;
  }
  pipeline.child = std::move(child).value();
  pipeline.started = steady_clock::now();
  pipeline.late_told = false;
  pipeline.running_version = pipeline.spec.version;
  pipeline.running_checksum = pipeline.spec.checksum;
  ++pipeline.starts;
  record(pipeline.spec.id, event::Spawned{generation});
}

Result<std::unique_ptr<Child>> Supervisor::start_process(Pipeline& pipeline, std::uint64_t generation) {
  const std::string& id = pipeline.spec.id;
  const auto path = settings_.own_environment.find("PATH");
  const auto executable = find_executable(
      settings_.vector_bin, path == settings_.own_environment.end() ? "/usr/local/bin:/usr/bin:/bin" : path->second);
  if (!executable) {
    const std::string problem = executable.error().message() + "; install Vector or set VF_VECTOR_BIN";
    if (problem != std::exchange(binary_problem_, problem)) note(NoteLevel::error, "", problem);
    return Error{executable.error().attempted, executable.error().reason + "; install Vector or set VF_VECTOR_BIN",
                 executable.error().code};
  }
  binary_problem_.clear();

  const PipelineFiles files = files_of(settings_.data_dir, id);
  if (!pipeline.followed) {
    for (const std::string& file : {files.standard_output, files.standard_error})
      if (Status followed = follower_.follow(file, *pipeline.sink); !followed) return followed.error();
    pipeline.followed = true;
  }
  auto standard_output = follower_.writer(files.standard_output);
  auto standard_error = follower_.writer(files.standard_error);
  if (!standard_output || !standard_error) {
    pipeline.followed = false;  // somebody removed them: the next attempt makes new ones
    return !standard_output ? standard_output.error() : standard_error.error();
  }

  Command command;
  command.executable = executable.value();
  command.arguments = {"--config", files.config, "--config", files.sidecar};
  command.environment = child_environment(settings_.own_environment, settings_.environment_rules,
                                          pipeline.spec.log_level, pipeline.spec.secrets);
  command.standard_output = standard_output.value().get();
  command.standard_error = standard_error.value().get();
  return Child::start(loop_, command, [this, id, generation](ExitStatus status) { on_exit(id, generation, status); });
}

void Supervisor::on_exit(const std::string& id, std::uint64_t generation, ExitStatus status) {
  Pipeline* pipeline = find(id);
  if (pipeline == nullptr || pipeline->life.generation != generation) return;
  pipeline->last_exit = status;
  pipeline->ended = in_words(status) + " after " + in_words(steady_clock::now() - pipeline->started);
  pipeline->health.cancel();
  // Its last words come before its death: the process counts as ended once its output has been read to the end.
  const PipelineFiles files = files_of(settings_.data_dir, id);
  pipeline->outputs_to_drain = 2;
  for (const std::string& file : {files.standard_output, files.standard_error})
    follower_.drain(file, [this, id, generation] { on_output_read(id, generation); });
}

void Supervisor::on_output_read(const std::string& id, std::uint64_t generation) {
  Pipeline* pipeline = find(id);
  if (pipeline == nullptr || pipeline->life.generation != generation || --pipeline->outputs_to_drain > 0) return;
  if (pipeline->life.phase == Phase::stopping) {
    note(NoteLevel::info, id, "stopped: " + pipeline->ended);
    pipeline->problem.clear();
  } else {
    pipeline->problem = "Vector ended with " + pipeline->ended;
    // Vector 0.54 and 0.57 do that where a source cannot bind its port, or their output cannot be written.
    if (pipeline->last_exit == ExitStatus{}) pipeline->problem += " though it was not told to; its lines above say why";
  }
  pipeline->child.reset();
  pipeline->told_problem.clear();
  record(id, event::Exited{generation});
  drain();
}

void Supervisor::watch_health(const std::string& id, std::uint64_t generation, milliseconds pause) {
  Pipeline* pipeline = find(id);
  if (pipeline == nullptr) return;
  const auto still_starting = [this, id, generation]() -> Pipeline* {
    Pipeline* now = find(id);
    return now != nullptr && now->life.generation == generation && now->life.phase == Phase::starting ? now : nullptr;
  };
  pipeline->health.expires_after(pause);
  pipeline->health.async_wait([this, id, generation, pause, still_starting](boost::system::error_code cancelled) {
    const Pipeline* waiting = cancelled ? nullptr : still_starting();
    if (waiting == nullptr) return;
    probe_(waiting->ports->api, [this, id, generation, pause, still_starting](bool healthy) {
      Pipeline* starting = still_starting();
      if (starting == nullptr) return;
      if (!healthy) {
        const auto waited = steady_clock::now() - starting->started;
        if (waited > settings_.health_is_late && !std::exchange(starting->late_told, true)) {
          starting->problem = "has not answered GET /health on 127.0.0.1:" + std::to_string(starting->ports->api) +
                              " for " + in_words(waited);
          note(NoteLevel::warning, id, starting->problem + "; waiting on");
        }
        return watch_health(id, generation, std::min(pause * 3 / 2, longest_health_pause));
      }
      starting->problem.clear();
      starting->told_problem.clear();
      note(NoteLevel::info, id,
           "running: version " + std::to_string(starting->running_version) + ", pid " +
               std::to_string(starting->child->pid()) + ", metrics on 127.0.0.1:" +
               std::to_string(starting->ports->metrics) + ", API on 127.0.0.1:" + std::to_string(starting->ports->api) +
               ", healthy after " + in_words(steady_clock::now() - starting->started));
      record(id, event::Healthy{generation});
      drain();
    });
  });
}

void Supervisor::arm(Pipeline& pipeline, const action::Arm& arm) {
  const std::string& id = pipeline.spec.id;
  auto& timer = pipeline.timer(arm.timer);
  timer.expires_at(arm.at);
  timer.async_wait([this, id, which = arm.timer, generation = arm.generation](boost::system::error_code cancelled) {
    if (cancelled) return;
    switch (which) {
      case Timer::retry:
        record(id, event::RetryDue{generation});
        break;
      case Timer::stable:
        record(id, event::StableDue{generation});
        break;
      case Timer::kill:
        record(id, event::KillDue{generation});
        break;
    }
    drain();
  });
  if (arm.timer == Timer::retry) tell_retry(pipeline, arm.at);
}

void Supervisor::tell_retry(Pipeline& pipeline, TimePoint at) {
  const unsigned failures = pipeline.life.failures;
  const bool looping = failures >= settings_.limits.restart.crash_loop_after;
  std::string text = pipeline.problem + "; " + (looping ? "crash loop, " : "") + "attempt " +
                     std::to_string(failures + 1) + " in " + in_words(at - steady_clock::now());
  // What keeps a process from being started is said when it is new; every attempt anew would bury the rest.
  const bool again = pipeline.problem == pipeline.told_problem;
  pipeline.told_problem = pipeline.problem;
  note(again ? NoteLevel::debug : NoteLevel::warning, pipeline.spec.id, text);
}

void Supervisor::forget(const std::string& id) {
  const auto found = pipelines_.find(id);
  const PipelineFiles files = files_of(settings_.data_dir, id);
  follower_.forget(files.standard_output);
  follower_.forget(files.standard_error);
  last_generation_ = std::max(last_generation_, found->second->life.generation);
  std::set<std::string> orphaned = certs_of_nobody_else(*found->second);
  pipelines_.erase(found);
  if (!stopping_) {  // else it may well run here again after the agent's next start
    run_on_worker_([this, id, data_dir = settings_.data_dir, orphaned = std::move(orphaned)] {
      tell(remove_pipeline(data_dir, id, orphaned));
    });
  }
  listener_.on_gone(id);
  if (pipelines_.empty() && all_stopped_) boost::asio::post(loop_, std::exchange(all_stopped_, nullptr));
}

PipelineStatus Supervisor::status_of(const Pipeline& pipeline) const {
  PipelineStatus status;
  status.id = pipeline.spec.id;
  status.name = pipeline.spec.name;
  status.version = pipeline.child ? pipeline.running_version : pipeline.spec.version;
  status.checksum = pipeline.child ? pipeline.running_checksum : pipeline.spec.checksum;
  status.state = process_state(pipeline.life, settings_.limits.restart);
  if (pipeline.child) {
    status.pid = pipeline.child->pid();
    status.started = pipeline.started;
  }
  status.generation = pipeline.life.generation;
  status.restarts = pipeline.starts > 0 ? pipeline.starts - 1 : 0;
  status.ports = pipeline.ports;
  status.problem = pipeline.problem;
  return status;
}

std::optional<PipelineStatus> Supervisor::status(const std::string& id) const {
  const auto found = pipelines_.find(id);
  if (found == pipelines_.end()) return std::nullopt;
  return status_of(*found->second);
}

std::vector<PipelineStatus> Supervisor::statuses() const {
  std::vector<PipelineStatus> all;
  all.reserve(pipelines_.size());
  for (const auto& [id, pipeline] : pipelines_) all.push_back(status_of(*pipeline));
  return all;
}

std::optional<PipelineStatus> Supervisor::next_running(const std::string& after) const {
  for (auto at = pipelines_.upper_bound(after); at != pipelines_.end(); ++at)
    if (process_state(at->second->life, settings_.limits.restart) == ProcessState::running) return status_of(*at->second);
  return std::nullopt;
}

}  // namespace vf::supervisor
