// What an earlier agent left behind: processes that are taken over, wishes that are started before anybody has spoken.
#include <signal.h>

#include <algorithm>

#include "supervisor/pipeline.h"
#include "supervisor/process/known_process.h"
#include "supervisor/supervisor.h"

namespace vf::supervisor {
namespace {

using std::chrono::steady_clock;

/// A process whose configuration nobody knows: no change from here is a reload, as this is not YAML (change_kind.h).
constexpr const char* unknown_configuration = "{";

bool is_same(const PipelineSpec& spec, const ProcessRecord& process) {
  return spec.checksum == process.checksum && spec.version == process.version;
}

/// What is wanted now is what was remembered without its secrets (and without its certificates' bytes).
bool completes(const PipelineSpec& known, const PipelineSpec& wanted) {
  const auto names = [](const PipelineSpec& spec) {
    std::set<std::string> found;
    for (const CertFile& cert : spec.certs) found.insert(cert.filename);
    return found;
  };
  return !wanted.checksum.empty() && known.checksum == wanted.checksum && known.config_yaml == wanted.config_yaml &&
         known.log_level == wanted.log_level && names(known) == names(wanted);
}

bool lacks_bytes(const PipelineSpec& spec) {
  return std::any_of(spec.certs.begin(), spec.certs.end(), [](const CertFile& cert) { return cert.bytes.empty(); });
}

}  // namespace

void Supervisor::restore(std::vector<Remembered> remembered, std::vector<Stray> strays) {
  for (Stray& stray : strays) {
    note(NoteLevel::warning, "",
         "pid " + std::to_string(stray.survivor.pid) + " is a Vector that an earlier agent left running on " +
             stray.config + " and that nothing is known of; stopping it");
    auto child = Child::adopt(loop_, stray.survivor.pid, std::move(stray.survivor.pidfd),
                              [this, config = stray.config](ExitStatus) { strays_.erase(config); });
    child->signal(SIGCONT);
    child->signal(SIGTERM);
    strays_.insert_or_assign(stray.config, std::move(child));
  }
  for (Remembered& one : remembered) restore_one(std::move(one));
  drain();
}

void Supervisor::restore_one(Remembered remembered) {
  Memory& memory = remembered.memory;
  const std::string id = memory.wanted.id;
  Pipeline& pipeline = *pipelines_.emplace(id, std::make_unique<Pipeline>(loop_, id)).first->second;
  pipeline.sink = listener_.open_output(memory.wanted);
  pipeline.starts = memory.starts;
  Rollout& rollout = pipeline.rollout;

  const auto add = [&](const PipelineSpec& spec, bool lacks_secrets) {
    pipeline.specs.emplace(++pipeline.newest_revision, spec);
    if (lacks_secrets) pipeline.incomplete.insert(pipeline.newest_revision);
    return pipeline.newest_revision;
  };
  const bool good_is_wanted = memory.good && memory.good->checksum == memory.wanted.checksum &&
                              memory.good->config_yaml == memory.wanted.config_yaml;
  const std::uint64_t older = memory.good && !good_is_wanted ? add(*memory.good, memory.good_lacks_secrets) : 0;
  const std::uint64_t runs = memory.runs ? add(*memory.runs, memory.runs_lacks_secrets) : 0;
  const std::uint64_t unknown = pipeline.newest_revision + 1;  // left out where everything is known
  pipeline.newest_revision = unknown;
  pipeline.asked = add(memory.wanted, memory.wanted_lacks_secrets);
  if (older != 0 && !memory.good_lacks_secrets) rollout.good = older;
  if (good_is_wanted) rollout.good = pipeline.asked;

  std::uint64_t running = 0;  // the revision of the survivor
  if (remembered.survivor) {
    running = unknown;
    for (const auto& [revision, spec] : pipeline.specs)
      if (!memory.process->reloading && is_same(spec, *memory.process)) running = revision;
    if (running == unknown) {
      PipelineSpec hardly_known = memory.wanted;
      hardly_known.version = memory.process->version;
      hardly_known.checksum = memory.process->checksum;
      hardly_known.config_yaml = unknown_configuration;
      pipeline.specs.emplace(unknown, std::move(hardly_known));
      pipeline.incomplete.insert(unknown);
    }
    adopt(pipeline, *memory.process, std::move(*remembered.survivor), running);
    if (!memory.process->stopping && running != unknown) record(id, rollout::Adopted{running, running == rollout.good});
    record(id, event::Adopted{running, memory.process->stopping});
  }

  // What ran before comes first; what is wanted beyond that takes its way from there.
  const bool goes_on = remembered.survivor && !memory.process->stopping;
  if (!goes_on && runs != 0 && !memory.runs_lacks_secrets) record(id, rollout::Resumed{runs});
  if (goes_on && running == pipeline.asked) return;
  if (memory.refused && memory.refused->checksum == memory.wanted.checksum) {
    pipeline.refusal = memory.refused->reason;
    pipeline.refused_by = memory.refused->vector_version;
    record(id, rollout::Held{pipeline.asked});
  } else if (!memory.wanted_lacks_secrets) {
    record(id, rollout::Wish{pipeline.asked, good_is_wanted});
  } else if (!goes_on) {
    pipeline.waits = true;
    pipeline.problem = "its secrets are not kept on this host (VF_PERSIST_SECRETS); it waits for the control plane";
    note(NoteLevel::warning, id, pipeline.problem);
  }
}

void Supervisor::adopt(Pipeline& pipeline, const ProcessRecord& process, Survivor survivor, std::uint64_t revision) {
  const std::string& id = pipeline.id;
  pipeline.record = process;
  pipeline.ports = process.ports;
  ports_.keep(process.ports);
  pipeline.started = steady_clock::now() - age_of(process);
  pipeline.verdict.emplace(pipeline.spec_of(revision)->secrets);
  pipeline.counters_read = false;
  pipeline.counter_waits = 0;
  if (cgroups_.enabled() && cgroups_.holds(file_name_of(id), survivor.pid))
    pipeline.oom_before = cgroups_.events(file_name_of(id));
  const std::uint64_t generation = pipeline.life.generation + 1;  // what event::Adopted makes of it
  pipeline.child = Child::adopt(loop_, survivor.pid, std::move(survivor.pidfd),
                                [this, id, generation](ExitStatus status) { on_exit(id, generation, status); });
  const PipelineFiles files = files_of(settings_.data_dir, id);
  if (const Status followed = follow_output(pipeline, files, &pipeline.record); !followed)
    note(NoteLevel::warning, id, followed.error().message() + "; what it prints is not seen until its next start");
  note(NoteLevel::info, id,
       "taken over from an earlier agent: version " + std::to_string(process.version) + ", pid " +
           std::to_string(survivor.pid) + ", metrics on 127.0.0.1:" + std::to_string(process.ports.metrics) +
           ", API on 127.0.0.1:" + std::to_string(process.ports.api));
}

/// A process nobody remembers has the place of this pipeline: the new one waits for its end.
bool Supervisor::adopt_stray(Pipeline& pipeline) {
  const auto stray = strays_.find(files_of(settings_.data_dir, pipeline.id).config);
  if (stray == strays_.end()) return false;
  const std::uint64_t generation = pipeline.life.generation + 1;
  const pid_t pid = stray->second->pid();
  strays_.erase(stray);
  UniqueDescriptor pidfd = open_pidfd(pid);
  if (!pidfd) return false;  // it has ended this moment
  pipeline.child = Child::adopt(loop_, pid, std::move(pidfd), [this, id = pipeline.id, generation](ExitStatus status) {
    on_exit(id, generation, status);
  });
  pipeline.started = steady_clock::now();
  pipeline.specs.begin()->second.config_yaml = unknown_configuration;
  pipeline.incomplete.insert(pipeline.specs.begin()->first);
  record(pipeline.id, event::Adopted{pipeline.specs.begin()->first, true});
  return true;
}

/// A wish that was remembered without its secrets, and comes again with them, is the same wish.
void Supervisor::fill_in(DesiredState& desired) {
  for (PipelineSpec& spec : desired.pipelines) {
    Pipeline* pipeline = find(spec.id);
    if (pipeline == nullptr || pipeline->asked == 0) continue;
    const PipelineSpec& known = *pipeline->spec_of(pipeline->asked);
    if (!pipeline->incomplete.contains(pipeline->asked) && !lacks_bytes(known)) continue;
    if (!completes(known, spec)) {
      if (std::exchange(pipeline->waits, false)) pipeline->problem.clear();
      continue;  // reconcile() sees another wish
    }
    pipeline->specs.insert_or_assign(pipeline->asked, spec);
    pipeline->incomplete.erase(pipeline->asked);
    if (pipeline->verdict && pipeline->life.attempt_revision == pipeline->asked)
      pipeline->verdict.emplace(spec.secrets);
    if (std::exchange(pipeline->waits, false)) pipeline->problem.clear();
    if (std::exchange(pipeline->judge_again, false)) record(spec.id, rollout::BinaryChanged{});
    if (pipeline->rollout.wished != pipeline->asked) record(spec.id, rollout::Wish{pipeline->asked, false});
    if (pipeline->life.phase == Phase::backoff) record(spec.id, event::RetryDue{pipeline->life.generation});
  }
}

ReadOffsets Supervisor::handed_on(const std::string& id) const {
  const PipelineFiles files = files_of(settings_.data_dir, id);
  return {follower_.handed_on(files.standard_output), follower_.handed_on(files.standard_error)};
}

void Supervisor::mark_read(const std::string& id, ReadOffsets offsets) {
  Pipeline* pipeline = find(id);
  if (pipeline == nullptr || !pipeline->child) return;
  ProcessRecord& record = pipeline->record;
  if (ReadOffsets{record.stdout_offset, record.stderr_offset} == offsets) return;
  record.stdout_offset = offsets.standard_output;
  record.stderr_offset = offsets.standard_error;
  listener_.on_remember(id, false);
}

}  // namespace vf::supervisor
