#include "agent/control/directory/directory_state.h"

#include <utility>

namespace vf::agent {
namespace {

class Intake {
 public:
  Intake(DirectoryState& state, const DirectoryScan& scan) : state_(state), scan_(scan) {}

  DirectoryNews run() {
    if (scan_.error) {
      set_link({Link::degraded, scan_.error->message()});
      return std::move(news_);
    }
    set_link({Link::connected, ""});
    for (auto& [id, known] : state_.pipelines) {
      if (!scan_.pipelines.contains(id)) miss(id, known);
    }
    for (const auto& [id, scanned] : scan_.pipelines) meet(id, state_.pipelines[id], scanned);
    if (changed_ || !state_.answered) news_.desired = desired();
    state_.answered = true;
    remark();
    return std::move(news_);
  }

 private:
  void set_link(LinkState link) {
    if (link == state_.link) return;
    state_.link = link;
    news_.link = std::move(link);
  }

  /// Whether a file that is missing is missing for the second time.
  bool is_sure(KnownPipeline& known) {
    if (known.doubtful) return true;
    known.doubtful = true;
    news_.doubt = true;
    return false;
  }

  void miss(const std::string& id, KnownPipeline& known) {
    if (!known.wanted && !known.refused) return;  // gone already
    if (!is_sure(known)) return;
    known.doubtful = false;
    changed_ = changed_ || known.wanted;
    known.wanted = nullptr;
    known.has_env = false;
    accept(id, known);
  }

  void meet(const std::string& id, KnownPipeline& known, const ScannedPipeline& scanned) {
    const bool good = scanned.files->problem.empty();
    if (good && known.wanted && known.has_env && !scanned.env && !is_sure(known)) return;
    known.doubtful = false;
    if (!good) return refuse(id, known, scanned.files);
    known.has_env = scanned.env.has_value();
    if (!known.wanted || known.wanted->checksum != scanned.files->checksum) {
      changed_ = true;
      if (known.checksum != scanned.files->checksum) ++known.version;
      known.checksum = scanned.files->checksum;
    }
    known.wanted = scanned.files;
    accept(id, known);
  }

  void refuse(const std::string& id, KnownPipeline& known, const std::shared_ptr<const PipelineFiles>& files) {
    if (known.refused && *known.refused == *files) return;
    known.refused = files;
    news_.refusals.push_back({id, files->problem});
  }

  void accept(const std::string& id, KnownPipeline& known) {
    if (!known.refused) return;
    known.refused = nullptr;
    news_.refusals.push_back({id, ""});
  }

  [[nodiscard]] supervisor::DesiredState desired() const {
    supervisor::DesiredState desired;
    for (const auto& [id, known] : state_.pipelines) {
      if (!known.wanted) continue;
      supervisor::PipelineSpec spec;
      spec.id = id;
      spec.name = id;
      spec.version = known.version;
      spec.checksum = known.wanted->checksum;
      spec.config_yaml = known.wanted->config_yaml;
      spec.secrets = known.wanted->secrets;
      desired.pipelines.push_back(std::move(spec));
    }
    return desired;
  }

  void remark() {
    for (const auto& [file, why] : scan_.remarks) {
      const auto said = state_.remarked.find(file);
      if (said == state_.remarked.end() || said->second != why) news_.remarks.push_back(file + " is not used: " + why);
    }
    state_.remarked = scan_.remarks;
  }

  DirectoryState& state_;
  const DirectoryScan& scan_;
  DirectoryNews news_;
  bool changed_ = false;  // what is wanted differs from what was said
};

}  // namespace

DirectoryNews take_in(DirectoryState& state, const DirectoryScan& scan) {
  return Intake(state, scan).run();
}

}  // namespace vf::agent
