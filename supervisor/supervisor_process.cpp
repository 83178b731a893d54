// The shell around lifecycle.h: one process, from its files to its last words.
#include <signal.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <filesystem>

#include "supervisor/data_dir_move.h"
#include "supervisor/duration_words.h"
#include "supervisor/mask_secrets.h"
#include "supervisor/pipeline.h"
#include "supervisor/process/known_process.h"
#include "supervisor/supervisor.h"

namespace vf::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds longest_health_pause{1000};

std::string as_text(PortPair pair) {
  return std::to_string(pair.metrics) + "/" + std::to_string(pair.api);
}

}  // namespace

struct Supervisor::Prepared {
  Result<Written> written;
  std::vector<std::string> remarks;
  std::optional<CgroupPlace> place;
};

void Supervisor::find_ports(Pipeline& pipeline) {
  const std::string& id = pipeline.id;
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
  const std::string& id = pipeline.id;
  find_ports(pipeline);
  if (pipeline.incomplete.contains(pipeline.life.attempt_revision)) {
    pipeline.problem = "its secrets are not kept on this host (VF_PERSIST_SECRETS); it waits for the control plane";
    record(id, event::PrepareFailed{generation});
    return;
  }
  if (!pipeline.ports) {
    record(id, event::PrepareFailed{generation});
    return;
  }
  prune(pipeline);
  // No process of it exists now: certificates that no configuration of it names any more can go.
  std::set<std::string> orphaned = certs_of_nobody_else(pipeline);
  pipeline.cert_files.clear();
  for (const auto& [revision, spec] : pipeline.specs) {
    for (const CertFile& cert : spec.certs) {
      orphaned.erase(cert.filename);
      pipeline.cert_files.insert(cert.filename);
    }
  }
  const bool look_for_old_data = !settings_.files.vector_data_dir.empty() && !pipeline.data_moved;
  run_on_worker_([this, id, generation, data_dir = settings_.data_dir, spec = *pipeline.running(),
                  rules = settings_.files, ports = *pipeline.ports, orphaned = std::move(orphaned),
                  others = look_for_old_data ? all_yamls() : nullptr] {
    auto prepared = std::make_shared<Prepared>(Prepared{write_pipeline(data_dir, spec, rules, ports), {}, {}});
    tell(remove_certs(data_dir, orphaned));
    if (prepared->written && others && !named_data_dir(spec.config_yaml))
      take_old_data(rules, spec, *others, *prepared);
    if (prepared->written && cgroups_.enabled()) {
      if (auto place = cgroups_.make_place(file_name_of(id))) {
        prepared->place = std::move(place).value();
      } else {
        prepared->remarks.push_back(place.error().message() + "; it is started without its limits");
      }
    }
    boost::asio::post(loop_, [this, id, generation, prepared] { on_prepared(id, generation, *prepared); });
  });
}

/// What an older agent's Vectors left in the directory they shared, once for each pipeline.
void Supervisor::take_old_data(const FileRules& rules, const PipelineSpec& spec,
                               const std::map<std::string, std::string>& yamls, Prepared& prepared) {
  const std::string& root = rules.vector_data_dir;
  if (is_moved(root, spec.id)) return;
  const Places places = places_left(spec.config_yaml);
  const bool any = std::any_of(places.begin(), places.end(), [&](const std::string& place) {
    std::error_code unknown;
    return std::filesystem::exists(root + "/" + place, unknown);
  });
  Places claimed;
  for (const auto& [id, yaml] : yamls)
    if (any && id != spec.id) claimed.merge(places_used(yaml, root));
  const auto report = move_old_data(root, spec.id, places, claimed);
  if (!report) {
    prepared.written = report.error();
    return;
  }
  for (const std::string& place : report.value().moved)
    prepared.remarks.push_back("what was in " + root + "/" + place + " is in its own data_dir now");
  for (const std::string& left : report.value().left) prepared.remarks.push_back(left);
}

std::shared_ptr<const std::map<std::string, std::string>> Supervisor::all_yamls() {
  if (all_yamls_) return all_yamls_;
  auto all = std::make_shared<std::map<std::string, std::string>>();
  for (const auto& [id, pipeline] : pipelines_) all->emplace(id, pipeline->newest().config_yaml);
  all_yamls_ = std::move(all);
  return all_yamls_;
}

void Supervisor::on_prepared(const std::string& id, std::uint64_t generation, Prepared& prepared) {
  Pipeline* pipeline = find(id);
  if (pipeline == nullptr || pipeline->life.generation != generation) return;
  for (const std::string& remark : prepared.remarks) note(NoteLevel::warning, id, remark);
  if (!prepared.written) {
    pipeline->problem = prepared.written.error().message();
    record(id, event::PrepareFailed{generation});
  } else {
    pipeline->data_moved = true;
    pipeline->place = std::move(prepared.place);
    tell_own_api(*pipeline, prepared.written.value(), pipeline->life.attempt_revision);
    record(id, event::Prepared{generation});
  }
  drain();
}

/// Once for each configuration.
void Supervisor::tell_own_api(Pipeline& pipeline, const Written& written, std::uint64_t revision) {
  if (!written.own_api_taken_out || std::exchange(pipeline.own_api_told, revision) == revision) return;
  note(NoteLevel::info, pipeline.id,
       "its own `api` section is replaced by the agent's (port " + std::to_string(pipeline.ports->api) + ")");
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
    record(pipeline.id, event::SpawnFailed{generation});
    return;
  }
  pipeline.child = std::move(child).value();
  pipeline.started = steady_clock::now();
  pipeline.record = {};
  pipeline.record.ports = *pipeline.ports;
  // Where it has ended already there is nothing to know it again by, and nothing to take over.
  if (const Status known = identify(pipeline.child->pid(), pipeline.record); !known) pipeline.record.pid = 0;
  pipeline.late_told = false;
  pipeline.last_line.clear();
  pipeline.last_error.clear();
  pipeline.verdict.emplace(pipeline.running()->secrets);
  pipeline.counters_read = true;
  pipeline.listening = false;
  ++pipeline.starts;
  record(pipeline.id, event::Spawned{generation});
}

/// Where the Vector binary is now; that it is missing is told once, not once a pipeline.
Result<std::string> Supervisor::find_vector(bool tell_it) {
  const auto path = settings_.own_environment.find("PATH");
  auto executable = find_executable(
      settings_.vector_bin, path == settings_.own_environment.end() ? "/usr/local/bin:/usr/bin:/bin" : path->second);
  if (executable) {
    binary_problem_.clear();
    return executable;
  }
  Error error = executable.error();
  error.reason += "; install Vector or set VF_VECTOR_BIN";
  if (tell_it && error.message() != std::exchange(binary_problem_, error.message()))
    note(NoteLevel::error, "", binary_problem_);
  return error;
}

Result<std::unique_ptr<Child>> Supervisor::start_process(Pipeline& pipeline, std::uint64_t generation) {
  const std::string& id = pipeline.id;
  const auto executable = find_vector(true);
  if (!executable) return executable.error();

  const PipelineFiles files = files_of(settings_.data_dir, id);
  if (Status followed = follow_output(pipeline, files, nullptr); !followed) return followed.error();
  auto standard_output = follower_.writer(files.standard_output);
  auto standard_error = follower_.writer(files.standard_error);
  if (!standard_output || !standard_error) {
    pipeline.followed = false;  // somebody removed them: the next attempt makes new ones
    return !standard_output ? standard_output.error() : standard_error.error();
  }

  const PipelineSpec& spec = *pipeline.running();
  Command command;
  command.executable = executable.value();
  command.arguments = {"--config", files.config, "--config", files.sidecar};
  command.environment =
      child_environment(settings_.own_environment, settings_.environment_rules, spec.log_level, spec.secrets);
  command.standard_output = standard_output.value().get();
  command.standard_error = standard_error.value().get();
  if (pipeline.place) {
    command.cgroup_procs = pipeline.place->procs.get();
    pipeline.oom_before = pipeline.place->before;
  }
  return Child::start(loop_, command, [this, id, generation](ExitStatus status) { on_exit(id, generation, status); });
}

/// Hands every line of stderr on, and looks at it on the way: what Vector says of a reload, and its last words.
class Supervisor::ErrorLines final : public OutputSink {
 public:
  ErrorLines(Supervisor& keeper, Pipeline& pipeline) : keeper_(keeper), pipeline_(pipeline) {}
  void on_line(std::string_view line) override {
    pipeline_.sink->on_line(line);
    keeper_.hear(pipeline_, line);
  }
  void on_skipped(std::uint64_t lines) override { pipeline_.sink->on_skipped(lines); }
  [[nodiscard]] std::size_t room() const override { return pipeline_.sink->room(); }

 private:
  Supervisor& keeper_;
  Pipeline& pipeline_;
};

/// From the bytes on that an earlier agent had handed on, where `resume` tells of them.
Status Supervisor::follow_output(Pipeline& pipeline, const PipelineFiles& files, const ProcessRecord* resume) {
  if (pipeline.followed) return success();
  if (!pipeline.stderr_sink) pipeline.stderr_sink = std::make_unique<ErrorLines>(*this, pipeline);
  if (resume != nullptr) {
    for (const auto& [file, sink, from] :
         {std::tuple(&files.standard_output, pipeline.sink.get(), resume->stdout_offset),
          std::tuple(&files.standard_error, pipeline.stderr_sink.get(), resume->stderr_offset)})
      if (Status followed = follower_.resume(*file, *sink, from); !followed) return followed;
    pipeline.followed = true;
    return success();
  }
  if (Status followed = follower_.follow(files.standard_output, *pipeline.sink); !followed) return followed;
  if (Status followed = follower_.follow(files.standard_error, *pipeline.stderr_sink); !followed) return followed;
  pipeline.followed = true;
  return success();
}

void Supervisor::on_exit(const std::string& id, std::uint64_t generation, ExitStatus status) {
  Pipeline* pipeline = find(id);
  if (pipeline == nullptr || pipeline->life.generation != generation) return;
  pipeline->last_exit = status;
  pipeline->last_uptime = std::chrono::duration_cast<milliseconds>(steady_clock::now() - pipeline->started);
  pipeline->last_version = pipeline->running() != nullptr ? pipeline->running()->version : 0;
  std::string how = in_words(status);
  if (status.signal == SIGKILL && pipeline->oom_before && pipeline->life.phase != Phase::stopping) {
    if (std::string killed = cgroups_.killed(file_name_of(id), *pipeline->oom_before); !killed.empty())
      how = std::move(killed);
  }
  pipeline->how = how;
  pipeline->ended = how + " after " + in_words(pipeline->last_uptime);
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
    pipeline->dying = true;
    if (const PipelineSpec* ran = pipeline->running()) {
      pipeline->last_line = mask_secrets(std::move(pipeline->last_line), ran->secrets);
      pipeline->last_error = mask_secrets(std::move(pipeline->last_error), ran->secrets);
    }
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
      // A wrapper script has become Vector by now.
      if (const Status known = identify(starting->child->pid(), starting->record); !known) starting->record.pid = 0;
      note(NoteLevel::info, id,
           "running: version " + std::to_string(starting->running()->version) + ", pid " +
               std::to_string(starting->child->pid()) + ", metrics on 127.0.0.1:" +
               std::to_string(starting->ports->metrics) + ", API on 127.0.0.1:" + std::to_string(starting->ports->api) +
               ", healthy after " + in_words(steady_clock::now() - starting->started));
      record(id, event::Healthy{generation});
      drain();
    });
  });
}

void Supervisor::arm(Pipeline& pipeline, const action::Arm& arm) {
  const std::string& id = pipeline.id;
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
  pipeline.next_attempt = std::string(looping ? "crash loop, " : "") + "attempt " + std::to_string(failures + 1) +
                          " in " + in_words(at - steady_clock::now());
  if (pipeline.dying) return;  // tell_death() says it all
  // What keeps a process from being started is said when it is new; every attempt anew would bury the rest.
  const bool again = pipeline.problem == pipeline.told_problem;
  pipeline.told_problem = pipeline.problem;
  note(again ? NoteLevel::debug : NoteLevel::warning, pipeline.id, pipeline.problem + "; " + pipeline.next_attempt);
}

void Supervisor::tell_death(Pipeline& pipeline) {
  Death death;
  death.id = pipeline.id;
  death.name = pipeline.newest().name;
  death.version = pipeline.last_version;
  death.status = pipeline.last_exit;
  death.how = pipeline.how;
  death.uptime = pipeline.last_uptime;
  death.last_error = pipeline.last_error.empty() ? pipeline.last_line : pipeline.last_error;
  const PipelineSpec* target = pipeline.spec_of(pipeline.rollout.target);
  if (!pipeline.life.wanted) {
    death.next = "not wanted any more";
  } else if (pipeline.life.phase == Phase::backoff) {
    death.next = pipeline.next_attempt;
  } else {
    death.next = "starting version " + std::to_string(target != nullptr ? target->version : 0) + " now";
  }
  pipeline.dying = false;
  const std::string last = death.last_error.empty() ? "" : "; last words: " + death.last_error;
  note(NoteLevel::warning, pipeline.id, pipeline.problem + last + "; " + death.next);
  listener_.on_death(death);
}

}  // namespace vf::supervisor
