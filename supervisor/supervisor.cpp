#include "supervisor/supervisor.h"

#include <signal.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>

#include "supervisor/duration_words.h"
#include "supervisor/pipeline.h"

namespace vf::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

}  // namespace

Supervisor::Supervisor(boost::asio::io_context& loop, SupervisorSettings settings, RunOnWorker run_on_worker,
                       HealthProbe probe, SupervisorListener& listener)
    : loop_(loop),
      settings_(std::move(settings)),
      run_on_worker_(std::move(run_on_worker)),
      probe_(std::move(probe)),
      listener_(listener),
      ports_(settings_.port_base, port_is_free),
      follower_(loop, run_on_worker_, [this](const std::string& text) { note(NoteLevel::warning, "", text); }),
      cgroups_(PipelineCgroups::set_up(settings_.pipeline_limits)),
      validator_(loop, settings_.validations_at_once, settings_.validate_deadline) {}

Supervisor::~Supervisor() = default;

const std::string& Supervisor::limits_problem() const {
  return cgroups_.problem();
}

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
  for (const PipelineSpec& spec : desired.pipelines) {
    ids.insert(spec.id);
    for (const CertFile& cert : spec.certs) certs.insert(cert.filename);
  }
  for (const auto& [id, pipeline] : pipelines_) {
    ids.insert(id);
    for (const auto& [revision, spec] : pipeline->specs)
      for (const CertFile& cert : spec.certs) certs.insert(cert.filename);
    certs.insert(pipeline->cert_files.begin(), pipeline->cert_files.end());
  }
  run_on_worker_([this, data_dir = settings_.data_dir, ids = std::move(ids), certs = std::move(certs)] {
    tell(remove_leftovers(data_dir, ids, certs));
    if (!cgroups_.enabled()) return;
    std::set<std::string> names;
    for (const std::string& id : ids) names.insert(file_name_of(id));
    (void)cgroups_.remove_unused(names);  // those that are busy go with their last process
  });
}

// --- what is wanted --------------------------------------------------------------------------------------------------

void Supervisor::apply(DesiredState desired) {
  if (stopping_) return;
  fill_in(desired);
  sweep(desired);
  all_yamls_.reset();
  std::map<std::string, const PipelineSpec*> known;
  for (const auto& [id, pipeline] : pipelines_)
    if (pipeline->asked != 0) known.emplace(id, pipeline->spec_of(pipeline->asked));
  Plan plan = reconcile(std::move(desired), known);

  for (PipelineSpec& spec : plan.relabel) {
    Pipeline& pipeline = *find(spec.id);
    pipeline.specs.insert_or_assign(pipeline.asked, std::move(spec));
    listener_.on_changed(pipeline.id);
    listener_.on_remember(pipeline.id, true);
  }
  for (PipelineSpec& spec : plan.change) {
    Pipeline& pipeline = *find(spec.id);
    note(NoteLevel::info, pipeline.id, "version " + std::to_string(spec.version) + " is wanted now");
    pipeline.asked = ++pipeline.newest_revision;
    pipeline.specs.insert_or_assign(pipeline.asked, std::move(spec));
    record(pipeline.id, rollout::Wish{pipeline.asked, false});
  }
  for (PipelineSpec& spec : plan.start) {
    const std::string id = spec.id;
    Pipeline* pipeline = find(id);
    if (pipeline == nullptr) {  // else it is still being stopped from before: its next process gets the new wish
      pipeline = pipelines_.emplace(id, std::make_unique<Pipeline>(loop_, id)).first->second.get();
      pipeline->life.generation = last_generation_;
      pipeline->sink = listener_.open_output(spec);
      pipeline->specs.insert_or_assign(++pipeline->newest_revision, spec);
      if (!adopt_stray(*pipeline)) pipeline->specs.clear();
    }
    pipeline->asked = ++pipeline->newest_revision;
    pipeline->specs.insert_or_assign(pipeline->asked, std::move(spec));
    record(id, rollout::Wish{pipeline->asked, false});
  }
  for (const std::string& id : plan.stop) {
    note(NoteLevel::info, id, "is not wanted any more; stopping it");
    find(id)->asked = 0;
    record(id, rollout::Unwish{});
    record(id, event::Unwant{});
  }
  drain();
}

std::vector<std::string> Supervisor::absent_from(const DesiredState& desired) const {
  std::set<std::string> wanted(desired.keep.begin(), desired.keep.end());
  for (const PipelineSpec& spec : desired.pipelines) wanted.insert(spec.id);
  std::vector<std::string> absent;
  for (const auto& [id, pipeline] : pipelines_)
    if (!desired.keep_absent && pipeline->asked != 0 && !wanted.contains(id)) absent.push_back(id);
  return absent;
}

bool Supervisor::is_reloading() const {
  return std::any_of(pipelines_.begin(), pipelines_.end(), [](const auto& entry) {
    const Rollout::Stage stage = entry.second->rollout.stage;
    return stage == Rollout::Stage::reloading || stage == Rollout::Stage::proving;
  });
}

bool Supervisor::restart(const std::string& id) {
  const Pipeline* pipeline = find(id);
  if (stopping_ || pipeline == nullptr || pipeline->asked == 0) return false;
  note(NoteLevel::info, id, "restart was asked for");
  if (pipeline->life.wanted || !pipeline->incomplete.contains(pipeline->asked)) record(id, rollout::RestartAsked{});
  drain();
  return true;
}

void Supervisor::on_binary_found() {
  for (const auto& [id, pipeline] : pipelines_)
    if (pipeline->life.phase == Phase::backoff) record(id, event::RetryDue{pipeline->life.generation});
  drain();
}

void Supervisor::on_binary_changed() {
  for (const auto& [id, pipeline] : pipelines_) {
    if (pipeline->incomplete.contains(pipeline->asked)) {
      pipeline->judge_again = true;  // with its secrets, when they come
    } else {
      record(id, rollout::BinaryChanged{});
    }
    if (pipeline->life.phase == Phase::backoff) record(id, event::RetryDue{pipeline->life.generation});
  }
  drain();
}

void Supervisor::stop_all(std::function<void()> done) {
  stopping_ = true;
  all_stopped_ = std::move(done);
  validator_.stop();
  for (const auto& [id, pipeline] : pipelines_) {
    pipeline->asked = 0;
    record(id, rollout::Abandon{});  // what it found so far stays: the next agent goes on with that
    record(id, event::Unwant{});
  }
  drain();
  if (pipelines_.empty() && all_stopped_) boost::asio::post(loop_, std::exchange(all_stopped_, nullptr));
}

void Supervisor::kill_all() {
  for (const auto& [id, pipeline] : pipelines_) record(id, event::KillNow{});
  drain();
}

// --- events and actions
// ------------------------------------------------------------------------------------------------

void Supervisor::record(const std::string& id, Recorded what) {
  if (Pipeline* pipeline = find(id)) {
    ++pipeline->recorded;
    recorded_.emplace_back(id, std::move(what));
  }
}

/// Works off what was recorded; the rest of a lot (500 pipelines begin at once) after the loop's other work had its
/// turn.
void Supervisor::drain() {
  if (draining_) return;
  draining_ = true;
  const auto begin = steady_clock::now();
  while (!recorded_.empty()) {
    const auto [id, what] = std::move(recorded_.front());
    recorded_.pop_front();
    Pipeline& pipeline = *find(id);  // forget() takes away what is recorded of it
    --pipeline.recorded;
    if (take(pipeline, what)) tell_changes(pipeline);
    if (recorded_.empty() || steady_clock::now() - begin < settings_.longest_turn) continue;
    drain_later();
    break;
  }
  draining_ = false;
}

/// For what is recorded from within somebody else's work.
void Supervisor::drain_later() {
  boost::asio::post(loop_, [this] { drain(); });
}

/// false: the pipeline is gone.
bool Supervisor::take(Pipeline& pipeline, const Recorded& what) {
  const double random = std::uniform_real_distribution<double>(0.0, 1.0)(random_);
  const auto now = steady_clock::now();
  if (std::holds_alternative<TellDeath>(what)) {
    tell_death(pipeline);
  } else if (const auto* event = std::get_if<RolloutEvent>(&what)) {
    for (const RolloutAction& action : step(pipeline.rollout, *event, pipeline.life, now, settings_.rollout, random))
      execute(pipeline, action);
    // Behind what came of it, so that what happens next is known.
    if (std::holds_alternative<rollout::Fell>(*event)) record(pipeline.id, TellDeath{});
  } else {
    for (const Action& action : step(pipeline.life, std::get<Event>(what), now, settings_.limits, random)) {
      if (std::holds_alternative<action::Gone>(action)) {  // always the last one
        if (pipeline.asked != 0) break;                    // it is wanted again: its check is under way
        forget(std::string(pipeline.id));
        return false;
      }
      execute(pipeline, action);
    }
  }
  return true;
}

/// Forgets configurations that nothing can come back to; what is still recorded may speak of any.
void Supervisor::prune(Pipeline& pipeline) {
  if (pipeline.recorded != 0) return;
  const Rollout& rollout = pipeline.rollout;
  const Lifecycle& life = pipeline.life;
  for (auto at = pipeline.specs.begin(); at != pipeline.specs.end();) {
    const std::uint64_t revision = at->first;
    const bool needed = revision == rollout.wished || revision == rollout.target || revision == rollout.good ||
                        revision == rollout.candidate || revision == rollout.refused ||
                        revision == life.attempt_revision || revision == life.wanted_revision ||
                        revision == pipeline.newest_revision || revision == pipeline.asked;
    at = needed ? std::next(at) : pipeline.specs.erase(at);
  }
}

void Supervisor::tell_changes(Pipeline& pipeline) {
  const Rollout& rollout = pipeline.rollout;
  const Lifecycle& life = pipeline.life;
  prune(pipeline);
  // A new process is news too, even where it is one more of a crash loop.
  const Pipeline::Told told{state_of(pipeline), pipeline.starts, sync_of(rollout), life.attempt_revision,
                            rollout.refused};
  if (told != pipeline.told) {
    pipeline.told = told;
    listener_.on_changed(pipeline.id);
  }
  const Pipeline::Plan plan{pipeline.asked, rollout.good, rollout.refused, rollout.target};
  const Pipeline::Process process{pipeline.child ? pipeline.child->pid() : 0, life.attempt_revision,
                                  life.phase == Phase::running, life.phase == Phase::stopping};
  const bool other_plan = plan != std::exchange(pipeline.remembered_plan, plan);
  const bool other_process = process != std::exchange(pipeline.remembered_process, process);
  if (other_plan || other_process) listener_.on_remember(pipeline.id, other_plan);
}

void Supervisor::execute(Pipeline& pipeline, const Action& action) {
  struct Execute {
    Supervisor& self;
    Pipeline& pipeline;
    void operator()(const action::Prepare& prepare) { self.prepare(pipeline, prepare.generation); }
    void operator()(const action::Spawn& spawn) { self.spawn_later(pipeline.id, spawn.generation); }
    void operator()(const action::WatchHealth& watch) {
      self.watch_health(pipeline.id, watch.generation, milliseconds(15));
    }
    void operator()(const action::Terminate&) {
      // A stopped process would never see the other one. Before and not after it: one that is ending may be stopped by
      // who traces it (a debugger, a leak checker), which would wait for ever for a stop that was undone.
      pipeline.child->signal(SIGCONT);
      pipeline.child->signal(SIGTERM);
    }
    void operator()(const action::Kill& kill) {
      if (kill.overdue)
        self.note(NoteLevel::warning, pipeline.id,
                  "did not end within " + in_words(self.settings_.limits.stop_timeout) +
                      " of SIGTERM (VF_STOP_TIMEOUT); killing it, what it still held is lost");
      pipeline.child->kill_group();
    }
    void operator()(const action::Arm& arm) { self.arm(pipeline, arm); }
    void operator()(const action::Disarm& disarm) { pipeline.timer(disarm.timer).cancel(); }
    void operator()(const action::Fell&) {
      self.record(pipeline.id, rollout::Fell{pipeline.last_exit.signal == 0 && pipeline.last_exit.code == 78});
    }
    void operator()(const action::Proven&) { self.record(pipeline.id, rollout::Stable{}); }
    void operator()(const action::Gone&) {}
  };
  std::visit(Execute{*this, pipeline}, action);
}

void Supervisor::execute(Pipeline& pipeline, const RolloutAction& action) {
  namespace act = rollout_action;
  struct Execute {
    Supervisor& self;
    Pipeline& pipeline;
    void operator()(const act::Check& check) { self.check(pipeline.id, check.number, check.revision); }
    void operator()(const act::Run& run) { self.run(pipeline, run); }
    void operator()(const act::Reload& reload) { self.reload(pipeline, reload); }
    void operator()(const act::Listen&) { self.end_reload(pipeline); }
    void operator()(const act::Relabel& relabel) { self.relabel(pipeline, relabel.revision); }
    void operator()(const act::Probe& probe) { self.probe(pipeline, probe.number); }
    void operator()(const act::Restore& restore) { self.restore(pipeline, restore.revision); }
    void operator()(const act::Revive&) { self.record(pipeline.id, event::Restart{}); }
    void operator()(const act::Hold& hold) { self.hold(pipeline, hold); }
    void operator()(const act::Keep&) {}  // tell_changes() has it remembered
    void operator()(const act::Arm& arm) { self.arm_rollout(pipeline, arm); }
    void operator()(const act::Disarm&) { pipeline.rollout_due.cancel(); }
  };
  std::visit(Execute{*this, pipeline}, action);
}

// --- what was and is
// -----------------------------------------------------------------------------------------------------

/// Certificates that were written for this pipeline and that no pipeline can come back to.
std::set<std::string> Supervisor::certs_of_nobody_else(const Pipeline& pipeline) const {
  std::set<std::string> own = pipeline.cert_files;
  if (own.empty()) return own;
  for (const auto& [id, other] : pipelines_) {
    if (other.get() == &pipeline) continue;
    for (const std::string& cert : other->cert_files) own.erase(cert);
    for (const auto& [revision, spec] : other->specs)
      for (const CertFile& cert : spec.certs) own.erase(cert.filename);
  }
  return own;
}

void Supervisor::forget(const std::string& id) {
  const auto found = pipelines_.find(id);
  const PipelineFiles files = files_of(settings_.data_dir, id);
  follower_.forget(files.standard_output);
  follower_.forget(files.standard_error);
  last_generation_ = std::max(last_generation_, found->second->life.generation);
  if (stopping_) listener_.on_remember(id, false);  // it is still wanted; its process has ended
  std::set<std::string> orphaned = certs_of_nobody_else(*found->second);
  pipelines_.erase(found);
  std::erase_if(recorded_, [&id](const auto& entry) { return entry.first == id; });
  if (!stopping_) {  // else it may well run here again after the agent's next start
    run_on_worker_([this, id, data_dir = settings_.data_dir, orphaned = std::move(orphaned)] {
      tell(remove_pipeline(data_dir, id, orphaned));
      if (!cgroups_.enabled()) return;
      if (const Status removed = cgroups_.remove(file_name_of(id)); !removed && removed.error().code != EBUSY)
        tell({removed.error().message()});
    });
  }
  listener_.on_gone(id);
  if (pipelines_.empty() && all_stopped_) boost::asio::post(loop_, std::exchange(all_stopped_, nullptr));
}

ProcessState Supervisor::state_of(const Pipeline& pipeline) const {
  if (pipeline.life.phase != Phase::idle || (pipeline.rollout.wished == 0 && !pipeline.waits))
    return process_state(pipeline.life, settings_.limits.restart);
  const Rollout& rollout = pipeline.rollout;
  return rollout.refused != 0 && rollout.refused == rollout.wished ? ProcessState::crashed : ProcessState::waiting;
}

const PipelineSpec* Supervisor::shown_spec(const std::string& id) const {
  const auto found = pipelines_.find(id);
  return found == pipelines_.end() ? nullptr : &shown_spec(*found->second);
}

const PipelineSpec& Supervisor::shown_spec(const Pipeline& pipeline) {
  const PipelineSpec* running = pipeline.child ? pipeline.running() : nullptr;
  return running != nullptr ? *running : pipeline.newest();
}

PipelineStatus Supervisor::status_of(const Pipeline& pipeline) const {
  PipelineStatus status;
  status.id = pipeline.id;
  status.name = pipeline.newest().name;
  status.wanted = pipeline.asked != 0;
  const PipelineSpec& shown = shown_spec(pipeline);
  status.version = shown.version;
  status.checksum = shown.checksum;
  status.state = state_of(pipeline);
  if (pipeline.child) {
    status.pid = pipeline.child->pid();
    status.started = pipeline.started;
  }
  status.generation = pipeline.life.generation;
  status.restarts = pipeline.starts > 0 ? pipeline.starts - 1 : 0;
  status.ports = pipeline.ports;
  status.problem = pipeline.problem;
  status.sync = sync_of(pipeline.rollout);
  if (const PipelineSpec* held = pipeline.spec_of(pipeline.rollout.refused)) {
    status.refused_version = held->version;
    status.refusal = pipeline.refusal;
    if (status.problem.empty() && status.state == ProcessState::crashed) status.problem = pipeline.refusal;
  }
  return status;
}

std::optional<PipelineStatus> Supervisor::status(const std::string& id) const {
  const auto found = pipelines_.find(id);
  if (found == pipelines_.end()) return std::nullopt;
  return status_of(*found->second);
}

std::optional<Memory> Supervisor::memory(const std::string& id) const {
  const auto found = pipelines_.find(id);
  if (found == pipelines_.end()) return std::nullopt;
  const Pipeline& pipeline = *found->second;
  const Rollout& rollout = pipeline.rollout;
  const PipelineSpec* wanted = pipeline.spec_of(pipeline.asked);
  if (wanted == nullptr) wanted = &pipeline.newest();  // the agent ends, and the next one goes on with that
  Memory memory;
  memory.wanted = *wanted;
  memory.wanted_lacks_secrets = pipeline.incomplete.contains(pipeline.asked);
  if (const PipelineSpec* good = pipeline.spec_of(rollout.good)) memory.good = *good;
  const PipelineSpec* target = pipeline.spec_of(rollout.target);
  if (target != nullptr && target != wanted && rollout.target != rollout.good) {
    memory.runs = *target;
    memory.runs_lacks_secrets = pipeline.incomplete.contains(rollout.target);
  }
  if (const PipelineSpec* held = pipeline.spec_of(rollout.refused))
    memory.refused = Memory::Refused{held->checksum, held->version, pipeline.refusal, pipeline.refused_by};
  memory.starts = pipeline.starts;
  if (!pipeline.child) return memory;
  memory.process = pipeline.record;
  memory.process->healthy = pipeline.life.phase == Phase::running;
  memory.process->stopping = pipeline.life.phase == Phase::stopping;
  if (const PipelineSpec* running = pipeline.running()) {
    memory.process->version = running->version;
    memory.process->checksum = running->checksum;
  }
  return memory;
}

std::vector<PipelineStatus> Supervisor::statuses() const {
  std::vector<PipelineStatus> all;
  all.reserve(pipelines_.size());
  for (const auto& [id, pipeline] : pipelines_) all.push_back(status_of(*pipeline));
  return all;
}

std::optional<PipelineStatus> Supervisor::next_running(const std::string& after) const {
  for (auto at = pipelines_.upper_bound(after); at != pipelines_.end(); ++at)
    if (at->second->life.phase == Phase::running) return status_of(*at->second);
  return std::nullopt;
}

}  // namespace vf::supervisor
