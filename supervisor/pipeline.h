// What the supervisor keeps of one pipeline. For supervisor*.cpp alone.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "supervisor/change_kind.h"
#include "supervisor/reload_verdict.h"
#include "supervisor/supervisor.h"

namespace vf::supervisor {

struct Supervisor::Pipeline {
  Pipeline(boost::asio::io_context& loop, std::string with_id)
      : id(std::move(with_id)),
        retry(loop),
        stable(loop),
        kill(loop),
        health(loop),
        rollout_due(loop),
        place_again(loop) {}

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

  /// The configuration of a revision that is wished, run, good or under way.
  [[nodiscard]] const PipelineSpec* spec_of(std::uint64_t revision) const {
    const auto found = specs.find(revision);
    return found == specs.end() ? nullptr : &found->second;
  }
  /// What the process has, or is about to get.
  [[nodiscard]] const PipelineSpec* running() const { return spec_of(life.attempt_revision); }
  /// What it is called: the newest name there is.
  [[nodiscard]] const PipelineSpec& newest() const { return specs.rbegin()->second; }

  const std::string id;
  std::map<std::uint64_t, PipelineSpec> specs;  // by revision, never empty
  std::uint64_t newest_revision = 0;            // the highest ever given
  std::uint64_t asked = 0;                      // the newest wish, its event taken or not; 0: not wanted
  Lifecycle life;
  Rollout rollout;
  std::size_t recorded = 0;  // events that wait to be taken

  std::optional<PortPair> ports;
  std::unique_ptr<OutputSink> sink;         // the listener's
  std::unique_ptr<OutputSink> stderr_sink;  // listens in, and hands on to `sink`
  bool followed = false;
  std::set<std::uint64_t>
      incomplete;            // revisions that an earlier agent remembered without their secrets, or hardly at all
  bool judge_again = false;  // its wish is held, and another Vector may judge differently
  bool waits = false;        // nothing was started or checked for the newest wish therefore

  bool data_moved = false;                 // what an older agent left for it is in its own data_dir
  std::optional<CgroupPlace> place;        // of the process that is about to be started
  std::optional<MemoryEvents> oom_before;  // counts of its cgroup before `child`

  std::unique_ptr<Child> child;
  ProcessRecord record;  // of `child`
  TimePoint started{};
  std::uint64_t starts = 0;
  int outputs_to_drain = 0;
  bool dying = false;  // nobody asked for that, and what happens next is not told yet
  std::string ended;   // how the process that is being drained ended
  ExitStatus last_exit;
  std::string how;  // the same in words
  std::chrono::milliseconds last_uptime{0};
  std::int64_t last_version = 0;
  bool late_told = false;    // that this process's health takes long
  std::string last_line;     // of its stderr
  std::string last_error;    // likewise, the last that says so
  std::string next_attempt;  // when the next one begins, in words

  bool counters_read = true;             // what `child` counted before this agent is known; false after a take-over
  int counter_waits = 0;                 // times that a reload waited for that
  std::optional<ReloadVerdict> verdict;  // of `child`'s reloads
  bool listening = false;                // a reload is under way
  bool verdict_told = false;
  std::uint64_t reloaded = 0;     // the revision of the newest reload
  std::uint64_t change_base = 0;  // the revision that `change` below starts from
  Change change;                  // from what runs to the candidate
  std::string check_words;        // what was said against the candidate in its check
  std::string refusal;            // why the held wish is held
  std::string refused_by;  // the version of the Vector that an earlier agent saw refuse it; "": the one there is now

  std::string told_problem;          // the reason last given for a process that could not be started
  std::uint64_t own_api_told = 0;    // the revision that was told to have an `api` section
  std::string told_unchecked;        // the reason last given for a check without a verdict
  std::set<std::string> cert_files;  // names below certs/ that were written for it and not removed
  std::string problem;

  using Told = std::tuple<ProcessState, std::uint64_t, Sync, std::uint64_t, std::uint64_t>;
  std::optional<Told> told;  // as last reported: state, starts, sync, running revision, refused
  using Plan = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>;
  using Process = std::tuple<pid_t, std::uint64_t, bool, bool>;
  Plan remembered_plan{};        // asked, good, refused, target
  Process remembered_process{};  // pid, revision, healthy, stopping

  boost::asio::steady_timer retry, stable, kill, health, rollout_due, place_again;
};

}  // namespace vf::supervisor
