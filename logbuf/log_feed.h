// LogFeed: the unread lines of one pipeline. Remembers how far the server has read the pipeline's ring, or rings: a
// pipeline that was removed and came back has a new one while the last words of the old one may still be on their way.
//
// Reading (take) changes nothing; the answer to what was taken does: delivered() or give_up(). So a batch that must be
// sent again is simply taken again, with what was overwritten meanwhile counted. Every line is accounted for once:
// shipped, overwritten or given up; and what the server never saw is shown to it as one marker line where it is
// missing. Pure; belongs to the rings' thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "logbuf/log_batch.h"
#include "logbuf/log_ring.h"

namespace vf::logbuf {

class LogFeed {
 public:
  /// Lines to be taken after all those of the rings before it, beginning with the first line ever pushed to it. A ring
  /// that is read already changes nothing.
  void follow(std::shared_ptr<const LogRing> ring);

  [[nodiscard]] std::uint64_t cursor() const;  ///< first line of the newest ring that is not settled; 0 without a ring
  [[nodiscard]] bool pending() const;          ///< there is something to take
  [[nodiscard]] bool exhausted() const;        ///< and there never will be: every ring is closed and read

  void note_backlog();                         ///< what is unsettled now; what comes later is not of it
  [[nodiscard]] bool backlog_pending() const;  ///< some of what was noted is not settled

  /// What was taken, in numbers: `overwritten` lines were lost before the `lines` that were read.
  struct Taken {
    const LogRing* ring = nullptr;
    std::uint64_t overwritten = 0;
    std::uint64_t lines = 0;
    std::size_t body_bytes = 0;  ///< of the entry's JSON
    bool cut_short = false;      ///< max_bytes ended it, there was more
  };
  /// Fills `entry.lines` (marker included) and `entry.dropped`. Takes at most `max_lines` >= 2 lines, marker included,
  /// and what fits in `max_bytes` of JSON, but one line at least. Precondition: pending().
  [[nodiscard]] Taken take(LogEntry& entry, std::size_t max_lines, std::size_t max_bytes) const;

  /// What became of a take. It may stay without either (the post failed): the same lines are then taken again.
  struct Lost {
    std::uint64_t overwritten = 0;
    std::uint64_t lines = 0;
  };
  void delivered(const Taken& taken);
  Lost give_up(const Taken& taken);
  Lost give_up_all();  ///< all there is now, whatever is in flight

  /// Lines that were overwritten and are not settled. Of a ring with a take in flight only what that take counted: the
  /// lines it carries may be overwritten by now and yet arrive.
  [[nodiscard]] std::uint64_t overwritten_unsettled(const std::optional<Taken>& in_flight) const;

 private:
  struct Source {
    std::shared_ptr<const LogRing> ring;
    std::uint64_t cursor = 0;       ///< first line that is not settled yet
    std::uint64_t backlog_end = 0;  ///< of the ring, when it was noted

    [[nodiscard]] bool pending() const { return cursor < ring->end(); }
    [[nodiscard]] bool exhausted() const { return ring->closed() && !pending(); }
    [[nodiscard]] std::uint64_t overwritten() const { return ring->first() > cursor ? ring->first() - cursor : 0; }
  };
  void settle(const Taken& taken);
  void let_go_of_exhausted();

  std::vector<Source> sources_;  ///< oldest first
  std::uint64_t untold_ = 0;     ///< lines given up since the server last read this feed
};

}  // namespace vf::logbuf
