// ReadMarks: which bytes of a pipeline's output files need not be read again. Pure. From time to time it is noted how
// far the files were read when the ring's end was where; once everything before that end has been taken by the control
// plane, so far is done with. What an agent that is killed had read and not sent is read again by the next one.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "supervisor/supervisor.h"

namespace vf::agent {

class ReadMarks {
 public:
  static constexpr std::size_t most = 16;  ///< unsettled ones; then each further one takes the place of the newest

  void note(std::uint64_t ring_end, supervisor::ReadOffsets offsets) {
    if (!marks_.empty() && marks_.back().ring_end >= ring_end) return;
    if (marks_.size() == most) marks_.pop_back();
    marks_.push_back({ring_end, offsets});
  }
  /// The newest mark that `cursor` has reached, once.
  std::optional<supervisor::ReadOffsets> reached(std::uint64_t cursor) {
    std::optional<supervisor::ReadOffsets> newest;
    for (; !marks_.empty() && marks_.front().ring_end <= cursor; marks_.pop_front()) newest = marks_.front().offsets;
    return newest;
  }

 private:
  struct Mark {
    std::uint64_t ring_end;
    supervisor::ReadOffsets offsets;
  };
  std::deque<Mark> marks_;
};

}  // namespace vf::agent
