// StateKeeper: has what the supervisor wants remembered written to VF_DATA_DIR/state/, and brings back what an earlier
// agent left: pipelines, and the processes among them that still run. Loop's thread; the disk's work is done on a
// worker.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/state/state_dir.h"
#include "supervisor/supervisor.h"

namespace vf::agent {

/// What was found at start.
struct LeftBehind {
  std::vector<supervisor::Remembered> pipelines;
  std::vector<supervisor::Stray> strays;
  state::Deaths deaths;
  std::set<std::string> refused_by;   ///< identities of the Vectors that refused what is held
  std::vector<std::string> problems;  ///< state files that could not be used, in words
};

class StateKeeper {
 public:
  using RunOnWorker = std::function<void(std::function<void()>)>;  ///< one job after the other, in order
  using OnProblem = std::function<void(const std::string&)>;
  using Recall = std::function<std::optional<supervisor::Memory>(const std::string& id)>;

  StateKeeper(boost::asio::io_context& loop, std::string data_dir, bool keep_secrets, RunOnWorker run_on_worker,
              Recall recall, std::function<std::string()> vector_identity, OnProblem on_problem);

  /// Once, first. `done` on the loop.
  void load(std::function<void(LeftBehind)> done);
  /// This pipeline's memory has changed; `plan`: more than its process, so that it must survive the host too. Written
  /// after the loop's work at hand, once however often it changed.
  void remember(const std::string& id, bool plan);
  /// The same at once, for what is about to be gone from the supervisor's knowledge.
  void remember_now(const std::string& id);
  void forget(const std::string& id);
  /// What is to be written is given to the worker now.
  void flush();
  /// A desired state was said.
  void desired_is_known();
  void add_death(state::Death death);
  [[nodiscard]] const state::Deaths& deaths() const { return deaths_; }

 private:
  [[nodiscard]] state::PipelineRecord recorded(const supervisor::Memory& memory) const;
  void save(std::function<Status(state::StateDir&)> act);

  boost::asio::io_context& loop_;
  const std::string data_dir_;
  const RunOnWorker run_on_worker_;
  const Recall recall_;
  const std::function<std::string()> vector_identity_;
  const OnProblem on_problem_;
  std::shared_ptr<state::StateDir> dir_;  // the worker's
  state::Deaths deaths_;
  std::map<std::string, bool> dirty_;  // id → with its plan
  bool known_ = false;
  std::string told_;  // the problem told last
};

}  // namespace vf::agent
