#include "supervisor/supervisor.h"

#include <signal.h>

#include <boost/asio/post.hpp>
#include <cstdio>
#include <set>

namespace vf::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A Vector with a small configuration answers 35 to 55 ms after its start.
constexpr milliseconds first_health_pause{15};
constexpr milliseconds longest_health_pause{1000};
// Said once when health takes longer than this; a huge configuration may, a hung process does.
constexpr milliseconds health_is_late{15000};

std::string seconds_in_words(steady_clock::duration duration) {
  char words[32];
  std::snprintf(words, sizeof words, "%.1f s", std::chrono::duration<double>(duration).count());
  return words;
}

}  // namespace

struct Supervisor::Pipeline {
  Pipeline(boost::asio::io_context& loop, PipelineSpec wanted)
      : spec(std::move(wanted)), retry(loop), stable(loop), kill(loop), health(loop) {}

  boost::asio::steady_timer& timer(Timer which) {
    switch (which) {
      case Timer::retry: return retry;
      case Timer::stable: return stable;
      case Timer::kill: return kill;
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
  bool late_told = false;  // that this process's health takes long
  std::string told_problem;  // the reason last given for a process that could not be started
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

void Supervisor::apply(DesiredState desired) {
  if (stopping_) return;
  if (!std::exchange(swept_, true) && !desired.keep_absent) {
    std::set<std::string> ids(desired.keep.begin(), desired.keep.end());
    std::set<std::string> certs;
    for (const PipelineSpec& spec : desired.pipelines) {
      ids.insert(spec.id);
      for (const CertFile& cert : spec.certs) certs.insert(cert.filename);
    }
    run_on_worker_([this, data_dir = settings_.data_dir, ids = std::move(ids), certs = std::move(certs)] {
      for (std::string& failure : remove_leftovers(data_dir, ids, certs))
        boost::asio::post(loop_, [this, failure = std::move(failure)] { note(NoteLevel::warning, "", failure); });
    });
  }

  std::map<std::string, const PipelineSpec*> known;
  for (const auto& [id, pipeline] : pipelines_)
    if (pipeline->life.wanted) known.emplace(id, &pipeline->spec);
  Plan plan = reconcile(std::move(desired), known);

  for (PipelineSpec& spec : plan.relabel) {
    Pipeline& pipeline = *find(spec.id);
    if (pipeline.child && pipeline.running_version == pipeline.spec.version) pipeline.running_version = spec.version;
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

void Supervisor::record(const std::string& id, Event event) { recorded_.emplace_back(id, std::move(event)); }

void Supervisor::drain() {
  if (draining_) return;
  draining_ = true;
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  while (!recorded_.empty()) {
    const auto [id, event] = std::move(recorded_.front());
    recorded_.pop_front();
    Pipeline* pipeline = find(id);
    if (pipeline == nullptr) continue;
    for (const Action& action :
         step(pipeline->life, event, steady_clock::now(), settings_.limits, uniform(random_))) {
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
    void operator()(const action::Spawn& spawn) { self.spawn(pipeline, spawn.generation); }
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
                  "did not end within " + seconds_in_words(self.settings_.limits.stop_timeout) +
                      " of SIGTERM (VF_STOP_TIMEOUT); killing it, what it still held is lost");
      pipeline.child->kill_group();
    }
    void operator()(const action::Arm& arm) { self.arm(pipeline, arm); }
    void operator()(const action::Disarm& disarm) { pipeline.timer(disarm.timer).cancel(); }
    void operator()(const action::Gone&) {}
  };
  std::visit(Execute{*this, pipeline}, action);
}

void Supervisor::prepare(Pipeline& pipeline, std::uint64_t generation) {
  const std::string& id = pipeline.spec.id;
  if (pipeline.ports && !ports_.usable(*pipeline.ports)) {
    note(NoteLevel::warning, id,
         "another program holds port " + std::to_string(pipeline.ports->metrics) + " or " +
             std::to_string(pipeline.ports->api) + "; taking the next pair");
    pipeline.ports.reset();
  }
  if (!pipeline.ports) {
    pipeline.ports = ports_.allocate();
    for (const PortPair& held : ports_.take_skipped())
      note(NoteLevel::info, id,
           "ports " + std::to_string(held.metrics) + "/" + std::to_string(held.api) +
               " are held by another program and skipped");
  }
  if (!pipeline.ports) {
    pipeline.problem = "no free pair of ports was found above VF_PORT_BASE";
    record(id, event::PrepareFailed{generation});
    return;
  }
  run_on_worker_([this, id, generation, data_dir = settings_.data_dir, spec = pipeline.spec, kind = settings_.sidecar,
                  ports = *pipeline.ports] {
    Result<Written> written = write_pipeline(data_dir, spec, kind, ports);
    boost::asio::post(loop_, [this, id, generation, written = std::move(written)] {
      on_written(id, generation, written);
    });
  });
}

void Supervisor::on_written(const std::string& id, std::uint64_t generation, const Result<Written>& written) {
  Pipeline* pipeline = find(id);
  if (pipeline == nullptr || pipeline->life.generation != generation) return;
  if (!written) {
    pipeline->problem = written.error().message();
    record(id, event::PrepareFailed{generation});
  } else {
    if (written.value().own_api_taken_out && pipeline->starts == 0)
      note(NoteLevel::info, id, "its own `api` section is replaced by the agent's (port " +
                                    std::to_string(pipeline->ports->api) + ")");
    record(id, event::Prepared{generation});
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
  const auto executable = find_executable(settings_.vector_bin, path == settings_.own_environment.end() ? "/usr/local/bin:/usr/bin:/bin" : path->second);
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
  return Child::start(loop_, command,
                      [this, id, generation](ExitStatus status) { on_exit(id, generation, status); });
}

void Supervisor::on_exit(const std::string& id, std::uint64_t generation, ExitStatus status) {
  Pipeline* pipeline = find(id);
  if (pipeline == nullptr || pipeline->life.generation != generation) return;
  pipeline->last_exit = status;
  pipeline->ended = in_words(status) + " after " + seconds_in_words(steady_clock::now() - pipeline->started);
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
        if (waited > health_is_late && !std::exchange(starting->late_told, true))
          note(NoteLevel::warning, id,
               "has not answered GET /health on 127.0.0.1:" + std::to_string(starting->ports->api) + " for " +
                   seconds_in_words(waited) + "; waiting on");
        return watch_health(id, generation, std::min(pause * 3 / 2, longest_health_pause));
      }
      starting->problem.clear();
      starting->told_problem.clear();
      note(NoteLevel::info, id,
           "running: version " + std::to_string(starting->running_version) + ", pid " +
               std::to_string(starting->child->pid()) + ", metrics on 127.0.0.1:" +
               std::to_string(starting->ports->metrics) + ", API on 127.0.0.1:" + std::to_string(starting->ports->api) +
               ", healthy after " + seconds_in_words(steady_clock::now() - starting->started));
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
      case Timer::retry: record(id, event::RetryDue{generation}); break;
      case Timer::stable: record(id, event::StableDue{generation}); break;
      case Timer::kill: record(id, event::KillDue{generation}); break;
    }
    drain();
  });
  if (arm.timer == Timer::retry) tell_retry(pipeline, arm.at);
}

void Supervisor::tell_retry(Pipeline& pipeline, TimePoint at) {
  const unsigned failures = pipeline.life.failures;
  const bool looping = failures >= settings_.limits.restart.crash_loop_after;
  std::string text = pipeline.problem + "; " + (looping ? "crash loop, " : "") + "attempt " +
                     std::to_string(failures + 1) + " in " + seconds_in_words(at - steady_clock::now());
  // What keeps a process from being started is said when it is new; every attempt anew would bury the rest.
  const bool again = !pipeline.child && pipeline.problem == pipeline.told_problem;
  pipeline.told_problem = pipeline.problem;
  note(again ? NoteLevel::debug : NoteLevel::warning, pipeline.spec.id, text);
}

void Supervisor::forget(const std::string& id) {
  const auto found = pipelines_.find(id);
  const PipelineFiles files = files_of(settings_.data_dir, id);
  follower_.forget(files.standard_output);
  follower_.forget(files.standard_error);
  const std::vector<CertFile> certs = std::move(found->second->spec.certs);
  pipelines_.erase(found);
  if (!stopping_) {  // else it may well run here again after the agent's next start
    std::set<std::string> orphaned;
    for (const CertFile& cert : certs) orphaned.insert(cert.filename);
    for (const auto& [other, pipeline] : pipelines_)
      for (const CertFile& cert : pipeline->spec.certs) orphaned.erase(cert.filename);
    run_on_worker_([this, id, data_dir = settings_.data_dir, orphaned = std::move(orphaned)] {
      for (std::string& failure : remove_pipeline(data_dir, id, orphaned))
        boost::asio::post(loop_, [this, failure = std::move(failure)] { note(NoteLevel::warning, "", failure); });
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

}  // namespace vf::supervisor
