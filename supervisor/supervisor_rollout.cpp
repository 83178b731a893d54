// The shell around rollout.h: checking a wish, and putting it in the place of what runs.
#include <signal.h>

#include <boost/asio/post.hpp>

#include "supervisor/duration_words.h"
#include "supervisor/error_line.h"
#include "supervisor/mask_secrets.h"
#include "supervisor/pipeline.h"
#include "supervisor/supervisor.h"

namespace vf::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A full or read-only disk is told once, and looked at again this often.
constexpr milliseconds place_pause{5000};
// Vector says within milliseconds how a reload went; where its log level hides that, the counters tell.
constexpr milliseconds counters_pause{2000};
constexpr milliseconds counter_wait{100};
constexpr int most_counter_waits = 50;

std::string version_words(const PipelineSpec& spec) {
  return "version " + std::to_string(spec.version);
}

}  // namespace

struct Supervisor::Staged {
  Result<Written> written;
  std::uint64_t change_base = 0;
  Change change;
};

bool Supervisor::is_under_way(const std::string& id, std::uint64_t number) {
  const Pipeline* pipeline = find(id);
  return pipeline != nullptr && pipeline->rollout.number == number;
}

// --- the check
// ---------------------------------------------------------------------------------------------------------

void Supervisor::check(const std::string& id, std::uint64_t number, std::uint64_t revision) {
  Pipeline& pipeline = *find(id);
  if (!pipeline.ports) find_ports(pipeline);
  if (!pipeline.ports) return record(id, rollout::Unchecked{number});
  // What the process has, or is about to be told that it has: a reload's end may be a moment away.
  const std::uint64_t base = pipeline.rollout.target;
  const PipelineSpec* runs = pipeline.child ? pipeline.spec_of(base) : nullptr;
  for (const CertFile& cert : pipeline.spec_of(revision)->certs) pipeline.cert_files.insert(cert.filename);
  run_on_worker_([this, id, number, revision, data_dir = settings_.data_dir, spec = *pipeline.spec_of(revision),
                  rules = settings_.files, ports = *pipeline.ports, base,
                  before = runs != nullptr ? std::optional(*runs) : std::nullopt] {
    Staged staged{stage_pipeline(data_dir, spec, rules, ports), base, {Change::Kind::restart, ""}};
    if (before) staged.change = change_between(*before, spec);
    boost::asio::post(
        loop_, [this, id, number, revision, staged = std::move(staged)] { on_staged(id, number, revision, staged); });
  });
}

void Supervisor::on_staged(const std::string& id, std::uint64_t number, std::uint64_t revision, const Staged& staged) {
  if (!is_under_way(id, number)) return;
  Pipeline& pipeline = *find(id);
  const auto unchecked = [&](const std::string& why) {
    on_validated(id, number, revision, {ValidationVerdict::Kind::unknown, why});
  };
  if (!staged.written) return unchecked(staged.written.error().message());
  tell_own_api(pipeline, staged.written.value(), revision);
  pipeline.change = staged.change;
  pipeline.change_base = staged.change_base;
  const auto executable = find_vector(true);
  if (!executable) return unchecked(executable.error().message());

  const PipelineFiles files = files_of(settings_.data_dir, id);
  const PipelineSpec& spec = *pipeline.spec_of(revision);
  Command command;
  command.executable = executable.value();
  command.arguments = {"validate",          "--skip-healthchecks", "--config-yaml",
                       files.staged_config, "--config-yaml",       files.staged_sidecar};
  command.environment = child_environment(settings_.own_environment, settings_.environment_rules, "", spec.secrets);
  validator_.submit(
      std::move(command), spec.secrets, [this, id, number] { return is_under_way(id, number); },
      [this, id, number, revision](const ValidationVerdict& verdict) { on_validated(id, number, revision, verdict); });
}

void Supervisor::on_validated(const std::string& id, std::uint64_t number, std::uint64_t revision,
                              const ValidationVerdict& verdict) {
  if (!is_under_way(id, number)) return;
  Pipeline& pipeline = *find(id);
  const PipelineSpec& spec = *pipeline.spec_of(revision);
  pipeline.check_words = verdict.reason;
  switch (verdict.kind) {
    case ValidationVerdict::Kind::refused:
      record(id, rollout::Refused{number});
      break;
    case ValidationVerdict::Kind::unknown:
      if (pipeline.child && verdict.reason != std::exchange(pipeline.told_unchecked, verdict.reason))
        note(NoteLevel::warning, id,
             version_words(spec) +
                 " could not be checked, what runs is left alone and it is tried again: " + verdict.reason);
      record(id, rollout::Unchecked{number});
      break;
    case ValidationVerdict::Kind::accepted: {
      pipeline.told_unchecked.clear();
      if (!verdict.reason.empty())
        note(NoteLevel::warning, id, version_words(spec) + " is accepted, with warnings: " + verdict.reason);
      const bool from_what_runs = pipeline.change_base == pipeline.life.attempt_revision;
      Replacement by = Replacement::restart;
      if (from_what_runs && pipeline.change.kind == Change::Kind::none) by = Replacement::relabel;
      if (from_what_runs && pipeline.change.kind == Change::Kind::reload) by = Replacement::reload;
      record(id, rollout::Accepted{number, by});
      break;
    }
  }
  drain();
}

// --- a new process
// -------------------------------------------------------------------------------------------------------

void Supervisor::run(Pipeline& pipeline, const rollout_action::Run& run) {
  if (stopping_) return;
  const PipelineSpec& spec = *pipeline.spec_of(run.revision);
  switch (run.why) {
    case WhyRun::accepted:
      if (pipeline.child)
        note(NoteLevel::info, pipeline.id,
             version_words(spec) + " needs a new process" +
                 (pipeline.change.why.empty() ? "" : ": " + pipeline.change.why));
      return place_and_want(pipeline.id, run.revision);
    case WhyRun::no_verdict:
      note(NoteLevel::warning, pipeline.id,
           "Vector has not said within " + in_words(settings_.rollout.reload_verdict) +
               " whether it reloaded; restarting it with " + version_words(spec));
      break;
    case WhyRun::needs_restart:
      note(NoteLevel::info, pipeline.id,
           version_words(spec) + " changes what no reload can; restarting Vector: " + pipeline.verdict->words());
      break;
    case WhyRun::rolled_back:
      note(NoteLevel::warning, pipeline.id, "going back to " + version_words(spec) + ", the last good one");
      break;
    case WhyRun::asked:
    case WhyRun::unchecked:
    case WhyRun::trusted:
      break;
  }
  record(pipeline.id, event::Want{run.revision});
}

/// The files are put in place while the old process still runs: what cannot be written costs nothing but the change.
void Supervisor::place_and_want(const std::string& id, std::uint64_t revision) {
  run_on_worker_([this, id, revision, data_dir = settings_.data_dir] {
    boost::asio::post(loop_, [this, id, revision, placed = place_staged(data_dir, id)] {
      Pipeline* pipeline = find(id);
      if (pipeline == nullptr || pipeline->rollout.target != revision) return;
      if (placed || !pipeline->child) {  // without a process its preparation tells, and tries again
        record(id, event::Want{revision});
        return drain();
      }
      if (placed.error().message() != std::exchange(pipeline->problem, placed.error().message()))
        note(NoteLevel::warning, id,
             pipeline->problem + "; what runs is left alone, tried again every " + in_words(place_pause));
      pipeline->place_again.expires_after(place_pause);
      pipeline->place_again.async_wait([this, id, revision](boost::system::error_code cancelled) {
        const Pipeline* waiting = cancelled ? nullptr : find(id);
        if (waiting != nullptr && waiting->rollout.target == revision) place_and_want(id, revision);
      });
    });
  });
}

// --- a reload
// --------------------------------------------------------------------------------------------------------------

void Supervisor::reload(Pipeline& pipeline, const rollout_action::Reload& reload) {
  // An agent that is killed from here on does not know what the process runs; that is remembered before SIGHUP is sent.
  pipeline.record.reloading = true;
  listener_.on_remember(pipeline.id, false);
  boost::asio::post(loop_, [this, id = pipeline.id, reload] {  // behind the remembering
    run_on_worker_([this, id, reload, data_dir = settings_.data_dir] {
      boost::asio::post(
          loop_, [this, id, reload, placed = place_staged(data_dir, id)] { on_placed_for_reload(id, reload, placed); });
    });
  });
}

void Supervisor::end_reload(Pipeline& pipeline) {
  pipeline.listening = false;
  pipeline.record.reloading = false;
  listener_.on_remember(pipeline.id, false);
}

void Supervisor::on_placed_for_reload(const std::string& id, const rollout_action::Reload& reload,
                                      const Status& placed) {
  if (!is_under_way(id, reload.number)) return;
  Pipeline& pipeline = *find(id);
  if (!placed || !pipeline.child || !pipeline.verdict) {
    if (!placed && placed.error().message() != std::exchange(pipeline.told_unchecked, placed.error().message()))
      note(NoteLevel::warning, id, placed.error().message() + "; what runs is left alone, and it is tried again");
    record(id, rollout::NotSent{reload.number});
    return drain();
  }
  // Reloads that it counted under an earlier agent are not this one's.
  if (!pipeline.counters_read && pipeline.counter_waits < most_counter_waits) {
    if (pipeline.counter_waits++ == 0) listener_.on_counters_wanted(id);
    pipeline.health.expires_after(counter_wait);
    pipeline.health.async_wait([this, id, reload, placed](boost::system::error_code cancelled) {
      if (!cancelled) on_placed_for_reload(id, reload, placed);
    });
    return;
  }
  note(NoteLevel::info, id, version_words(*pipeline.spec_of(reload.revision)) + " is good; Vector is told to reload");
  pipeline.verdict->begin();
  pipeline.listening = true;
  pipeline.verdict_told = false;
  pipeline.reloaded = reload.revision;
  pipeline.child->signal(SIGHUP);
  ask_counters(id, reload.number);
}

/// While nothing was heard.
void Supervisor::ask_counters(const std::string& id, std::uint64_t number) {
  Pipeline& pipeline = *find(id);
  pipeline.health.expires_after(counters_pause);
  pipeline.health.async_wait([this, id, number](boost::system::error_code cancelled) {
    if (cancelled || !is_under_way(id, number) || find(id)->rollout.stage != Rollout::Stage::reloading) return;
    listener_.on_counters_wanted(id);
    ask_counters(id, number);
  });
}

/// A line of its stderr. From within the follower's work.
void Supervisor::hear(Pipeline& pipeline, std::string_view line) {
  pipeline.last_line.assign(line);
  if (tells_error(line)) pipeline.last_error.assign(line);
  if (!pipeline.listening || !pipeline.verdict) return;
  pipeline.verdict->on_line(line);
  heed_verdict(pipeline);
}

void Supervisor::on_counters(const std::string& id, std::uint64_t generation, ReloadCounters counters) {
  Pipeline* pipeline = find(id);
  if (pipeline == nullptr || pipeline->life.generation != generation || !pipeline->verdict) return;
  pipeline->counters_read = true;
  pipeline->verdict->on_counters(counters);
  heed_verdict(*pipeline);
}

void Supervisor::heed_verdict(Pipeline& pipeline) {
  if (!pipeline.listening || !pipeline.verdict->verdict() || std::exchange(pipeline.verdict_told, true)) return;
  const std::uint64_t number = pipeline.rollout.number;
  if (const auto* refused = std::get_if<Refused>(&*pipeline.verdict->verdict())) {
    if (refused->because == Refused::Because::global_options) {
      record(pipeline.id, rollout::NeedsRestart{number});
    } else {
      record(pipeline.id, rollout::NotLoaded{number});
    }
  } else {
    record(pipeline.id, rollout::Loaded{number});
  }
  drain_later();
}

void Supervisor::probe(Pipeline& pipeline, std::uint64_t number) {
  probe_(pipeline.ports->api, [this, id = pipeline.id, number](bool healthy) {
    if (!is_under_way(id, number)) return;
    record(id, rollout::Proved{number, healthy});
    drain();
  });
}

void Supervisor::relabel(Pipeline& pipeline, std::uint64_t revision) {
  const PipelineSpec& spec = *pipeline.spec_of(revision);
  const bool reloaded = pipeline.reloaded == revision;
  pipeline.problem.clear();
  note(NoteLevel::info, pipeline.id,
       reloaded ? "reloaded: " + version_words(spec) + " runs, in the same process"
                : version_words(spec) + " is what runs already");
  record(pipeline.id, event::Reloaded{revision});
}

void Supervisor::restore(Pipeline& pipeline, std::uint64_t revision) {
  const PipelineSpec* spec = pipeline.spec_of(revision);
  if (spec == nullptr || !pipeline.ports) return;
  run_on_worker_([this, id = pipeline.id, data_dir = settings_.data_dir, spec = *spec, rules = settings_.files,
                  ports = *pipeline.ports] {
    const Result<Written> written = write_pipeline(data_dir, spec, rules, ports);
    if (!written)
      tell({written.error().message() + "; the files of pipeline " + id + " are written before its next start"});
  });
}

void Supervisor::hold(Pipeline& pipeline, const rollout_action::Hold& hold) {
  const PipelineSpec& spec = *pipeline.spec_of(hold.revision);
  const std::string said = pipeline.verdict ? pipeline.verdict->words() : "";
  switch (hold.why) {
    case WhyHeld::check:
      pipeline.refusal = pipeline.check_words;
      break;
    case WhyHeld::reload:
      pipeline.refusal = said;
      break;
    case WhyHeld::fell_after_reload:
      pipeline.refusal = "Vector took it and ended with " + pipeline.ended +
                         (pipeline.last_error.empty() ? "" : ": " + pipeline.last_error);
      break;
    case WhyHeld::unhealthy_after_reload:
      pipeline.refusal = "Vector took it and has not answered GET /health since";
      break;
    case WhyHeld::crashes:
      pipeline.refusal = "it ended " + std::to_string(settings_.rollout.crashes) + " times before it had run for " +
                         in_words(settings_.limits.restart.healthy_for) + ", last with " + pipeline.ended +
                         (pipeline.last_error.empty() ? "" : ": " + pipeline.last_error);
      break;
    case WhyHeld::bad_config:
      pipeline.refusal =
          "Vector ended with " + pipeline.ended + (pipeline.last_error.empty() ? "" : ": " + pipeline.last_error);
      break;
  }
  pipeline.refused_by.clear();
  pipeline.refusal = mask_secrets(std::move(pipeline.refusal), spec.secrets);
  note(NoteLevel::error, pipeline.id,
       version_words(spec) + " is refused and held until it changes" +
           (pipeline.child || pipeline.rollout.target != 0 ? "; what ran before runs on" : "; nothing runs") + ": " +
           pipeline.refusal);
}

void Supervisor::arm_rollout(Pipeline& pipeline, const rollout_action::Arm& arm) {
  pipeline.rollout_due.expires_at(arm.at);
  pipeline.rollout_due.async_wait([this, id = pipeline.id, number = arm.number](boost::system::error_code cancelled) {
    if (cancelled || !is_under_way(id, number)) return;
    if (find(id)->rollout.stage == Rollout::Stage::rechecking) {
      record(id, rollout::RecheckDue{number});
    } else {
      record(id, rollout::ReloadDue{number});
    }
    drain();
  });
}

}  // namespace vf::supervisor
