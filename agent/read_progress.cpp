#include "agent/read_progress.h"

namespace vf::agent {
namespace {

// What a killed agent had read and sent in between is read and sent again by the next one.
constexpr std::chrono::seconds pause{3};

}  // namespace

void ReadProgress::start() {
  mark();
  timer_.expires_after(pause);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) start();
  });
}

/// A mark belongs to one process: the files begin anew with each.
void ReadProgress::note() {
  for (const supervisor::PipelineStatus& status : keeper_.statuses()) {
    const auto ring = hub_.ring(status.id);
    if (!status.pid || !ring) continue;
    auto& [generation, marks] = marks_[status.id];
    if (std::exchange(generation, status.generation) != status.generation) marks = {};
    marks.note(ring->end(), keeper_.handed_on(status.id));
  }
}

void ReadProgress::mark() {
  note();
  for (auto& [id, of_process] : marks_) {
    const auto ring = hub_.ring(id);
    if (!ring) continue;
    if (const auto offsets = of_process.second.reached(cursor_(id).value_or(ring->end())))
      keeper_.mark_read(id, *offsets);
  }
}

}  // namespace vf::agent
