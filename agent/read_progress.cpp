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
void ReadProgress::mark() {
  for (const supervisor::PipelineStatus& status : keeper_.statuses()) {
    const auto ring = hub_.ring(status.id);
    if (!status.pid || !ring) continue;
    auto& [generation, marks] = marks_[status.id];
    if (std::exchange(generation, status.generation) != status.generation) marks = {};
    marks.note(ring->end(), keeper_.handed_on(status.id));
    if (const auto offsets = marks.reached(cursor_(status.id).value_or(ring->end())))
      keeper_.mark_read(status.id, *offsets);
  }
}

}  // namespace vf::agent
