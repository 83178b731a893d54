#include "agent/state_keeper.h"

#include <signal.h>

#include <boost/asio/post.hpp>
#include <set>
#include <utility>

#include "supervisor/leftovers.h"
#include "supervisor/pipeline_files.h"
#include "supervisor/process/known_process.h"

namespace vf::agent {
namespace {

state::PipelineRecord as_record(const supervisor::Memory& memory) {
  state::PipelineRecord record;
  record.wanted = memory.wanted;
  record.wanted_lacks_secrets = memory.wanted_lacks_secrets;
  record.good = memory.good;
  record.good_lacks_secrets = memory.good && memory.good_lacks_secrets;
  record.runs = memory.runs;
  record.runs_lacks_secrets = memory.runs && memory.runs_lacks_secrets;
  if (memory.refused)
    record.refused = state::RefusedVersion{memory.refused->checksum, memory.refused->version, memory.refused->reason,
                                           memory.refused->vector_version};
  if (memory.process && memory.process->pid > 0) record.process = memory.process;
  record.starts = memory.starts;
  return record;
}

supervisor::Memory as_memory(state::PipelineRecord&& record) {
  supervisor::Memory memory;
  memory.wanted = std::move(record.wanted);
  memory.wanted_lacks_secrets = record.wanted_lacks_secrets;
  memory.good = std::move(record.good);
  memory.good_lacks_secrets = record.good_lacks_secrets;
  memory.runs = std::move(record.runs);
  memory.runs_lacks_secrets = record.runs_lacks_secrets;
  if (record.refused)
    memory.refused = supervisor::Memory::Refused{record.refused->checksum, record.refused->version,
                                                 record.refused->reason, record.refused->vector_version};
  memory.process = std::move(record.process);
  memory.starts = record.starts;
  return memory;
}

/// On a worker: which of the remembered processes live, and what else runs on this data directory.
LeftBehind find_left_behind(const std::string& data_dir, state::LoadedState&& loaded) {
  LeftBehind found;
  found.deaths = std::move(loaded.deaths);
  found.problems = std::move(loaded.problems);
  std::set<pid_t> taken;
  for (state::PipelineRecord& record : loaded.pipelines) {
    if (record.refused) found.refused_by.insert(record.refused->vector_version);
    supervisor::Remembered one{as_memory(std::move(record)), std::nullopt};
    if (one.memory.process) {
      const std::string config = supervisor::files_of(data_dir, one.memory.wanted.id).config;
      if (auto pidfd = supervisor::open_known(*one.memory.process, config)) {
        taken.insert(one.memory.process->pid);
        one.survivor = supervisor::Survivor{one.memory.process->pid, std::move(pidfd).value()};
      }
    }
    found.pipelines.push_back(std::move(one));
  }
  for (supervisor::Leftover& left : supervisor::find_leftovers(data_dir)) {
    if (taken.contains(left.pid)) continue;
    supervisor::UniqueDescriptor pidfd = supervisor::open_pidfd(left.pid);
    if (pidfd) found.strays.push_back({{left.pid, std::move(pidfd)}, std::move(left.config)});
  }
  for (const pid_t tap : supervisor::find_stray_taps(data_dir)) ::kill(tap, SIGKILL);
  return found;
}

}  // namespace

StateKeeper::StateKeeper(boost::asio::io_context& loop, std::string data_dir, bool keep_secrets,
                         RunOnWorker run_on_worker, Recall recall, std::function<std::string()> vector_identity,
                         OnProblem on_problem)
    : loop_(loop),
      data_dir_(std::move(data_dir)),
      run_on_worker_(std::move(run_on_worker)),
      recall_(std::move(recall)),
      vector_identity_(std::move(vector_identity)),
      on_problem_(std::move(on_problem)),
      dir_(std::make_shared<state::StateDir>(data_dir_, keep_secrets)) {}

void StateKeeper::load(std::function<void(LeftBehind)> done) {
  run_on_worker_([this, dir = dir_, done = std::move(done)] {
    state::LoadedState loaded = dir->load();
    const bool known = loaded.known;
    auto found = std::make_shared<LeftBehind>(find_left_behind(data_dir_, std::move(loaded)));
    boost::asio::post(loop_, [this, known, found, done] {
      known_ = known;
      deaths_ = found->deaths;
      done(std::move(*found));
    });
  });
}

void StateKeeper::remember(const std::string& id, bool plan) {
  if (dirty_.empty()) boost::asio::post(loop_, [this] { flush(); });
  dirty_[id] |= plan;
}

state::PipelineRecord StateKeeper::recorded(const supervisor::Memory& memory) const {
  state::PipelineRecord record = as_record(memory);
  if (record.refused && record.refused->vector_version.empty()) record.refused->vector_version = vector_identity_();
  return record;
}

void StateKeeper::remember_now(const std::string& id) {
  dirty_.erase(id);
  if (const auto memory = recall_(id))
    save([record = recorded(*memory)](state::StateDir& dir) { return dir.save_pipeline(record); });
}

void StateKeeper::flush() {
  for (const auto& [id, plan] : std::exchange(dirty_, {})) {
    const auto memory = recall_(id);
    if (!memory) continue;  // it is gone meanwhile, and forget() was called
    save([record = recorded(*memory), with_plan = plan](state::StateDir& dir) {
      return with_plan ? dir.save_pipeline(record) : dir.save_process(record);
    });
  }
}

void StateKeeper::forget(const std::string& id) {
  dirty_.erase(id);
  save([id](state::StateDir& dir) { return dir.remove_pipeline(id); });
}

void StateKeeper::desired_is_known() {
  if (std::exchange(known_, true)) return;
  boost::asio::post(loop_, [this] { save([](state::StateDir& dir) { return dir.save_known(); }); });
}

void StateKeeper::add_death(state::Death death) {
  deaths_.add(std::move(death));
  save([deaths = deaths_](state::StateDir& dir) { return dir.save_deaths(deaths); });
}

void StateKeeper::save(std::function<Status(state::StateDir&)> act) {
  run_on_worker_([this, dir = dir_, act = std::move(act)] {
    const Status saved = act(*dir);
    const std::string problem = saved ? "" : saved.error().message();
    boost::asio::post(loop_, [this, problem] {
      if (problem != std::exchange(told_, problem) && !problem.empty())
        on_problem_(problem + "; what is wanted here is not remembered across a restart of the agent until that works");
    });
  });
}

}  // namespace vf::agent
