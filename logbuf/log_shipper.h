// LogShipper: decides what goes into each POST /api/agent/logs and what its answer means. Pure core: no clock, no
// network.
//
// The server accepts or loses a post as a whole (403 when one pipeline is not of this environment, 400 when one line is
// not to its liking) and does not say whose fault it was. So that one pipeline never costs the others their lines,
// pipelines are kept in companies; only pipelines of the same company share a batch:
// - the healthy ones share one company;
// - those the control plane no longer lists (retired) share another: the server may refuse them any moment;
// - a refused batch is divided: either half becomes a company of its own, until the refused pipeline travels alone.
// A pipeline that is refused while it travels alone has those lines given up and is quarantined: left out for 5
// minutes, then tried alone, and for twice as long each time that is refused, up to 1 h. One delivered batch makes it
// healthy again. A retired pipeline that is refused alone has all its lines given up, those still to come too.
// Companies take turns, every second turn being the healthy one's, so refusals delay nobody for long; inside a company
// the turn goes round, so a flood does not starve the others when the body limit ends a batch.
//
// Every line pushed to a ring is delivered in order, or counted as overwritten or refused; where the server missed
// lines, the next thing it reads is `… N lines dropped`. "Delivered once" holds as far as answers go: a post whose
// answer got lost is sent again. Belongs to the thread of the rings.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "logbuf/log_batch.h"
#include "logbuf/log_feed.h"
#include "logbuf/log_ring.h"

namespace vf::logbuf {

struct LogShipperLimits {
  std::size_t max_lines = 500;                   ///< a pipeline and batch, marker included; the server's. At least 2
  std::size_t max_body_bytes = 4 * 1024 * 1024;  ///< of JSON; the server's own cap is 8 MiB, a proxy's may be less
  std::chrono::seconds first_quarantine{5 * 60};
  std::chrono::seconds longest_quarantine{60 * 60};
};

/// Monotonic. A line is counted once, when its fate is known; markers are not lines.
struct LogCounters {
  std::uint64_t lines_shipped = 0;
  std::uint64_t lines_dropped_overwritten = 0;  ///< the ring came round before they were sent; counted as it happens
  std::uint64_t lines_dropped_refused = 0;  ///< given up after the server refused them, or one that is too large alone
};

class LogShipper {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit LogShipper(LogShipperLimits limits = {});
  LogShipper(const LogShipper&) = delete;
  LogShipper& operator=(const LogShipper&) = delete;

  /// The control plane lists this pipeline. Ships `ring` from its first line on, after what is left of the rings added
  /// under this id before. To say it again is harmless; for a retired pipeline it ends the retirement. A ring of a
  /// pipeline that was forgotten (below) must not come back.
  void add(const std::string& pipeline_id, std::shared_ptr<const LogRing> ring);

  /// The control plane no longer lists it. What its process still writes is shipped too; the pipeline is forgotten, and
  /// its ring let go, when the ring was closed (LogRing::close) and read to its end. Unknown ids are ignored.
  void retire(const std::string& pipeline_id);

  [[nodiscard]] bool has_pending(TimePoint now) const;  ///< next() would yield a batch, were none in flight

  /// Notes what waits now, in place of what was noted before; what comes later is not of it.
  void note_backlog();
  /// Some of what was noted waits still, and next() would yield a batch.
  [[nodiscard]] bool backlog_pending(TimePoint now) const;

  /// The first line of this pipeline's newest ring that is not settled; nothing for an unknown one.
  [[nodiscard]] std::optional<std::uint64_t> cursor(const std::string& pipeline_id) const;
  /// The batch to post now; none when there is nothing new to tell. Precondition: no batch is in flight. At shutdown:
  /// call until there is none, or until time is up.
  [[nodiscard]] std::optional<LogBatch> next(TimePoint now);
  [[nodiscard]] bool in_flight() const { return flight_.has_value(); }

  /// What a person should hear about: a pipeline whose lines were given up.
  struct GivenUp {
    std::string pipeline_id;
    std::uint64_t lines = 0;
    std::chrono::seconds quarantine{0};  ///< 0: these lines are lost, no more. A retired pipeline stays out for good
  };
  /// Settles the batch in flight, whose number this must be. A post that was cancelled counts as Outcome::retry.
  std::optional<GivenUp> on_result(std::uint64_t batch_number, Outcome outcome, TimePoint now);

  [[nodiscard]] LogCounters counters() const;
  [[nodiscard]] std::size_t pipelines() const { return pipelines_.size(); }  ///< retired ones included
  [[nodiscard]] std::size_t body_limit() const { return body_limit_; }       ///< as learned from 413 answers

 private:
  using Company = std::uint64_t;
  struct Pipeline {
    LogFeed feed;
    std::optional<LogFeed::Taken> taken;  ///< what the batch in flight carries of it
    Company company = 0;
    bool retired = false;
    std::chrono::seconds quarantine{0};  ///< the latest; 0 when nothing was refused since something was delivered
    TimePoint quarantined_until = TimePoint::min();

    [[nodiscard]] bool lost_cause() const { return retired && quarantine.count() > 0; }
    [[nodiscard]] bool may_ship(TimePoint now) const {
      return !lost_cause() && now >= quarantined_until && feed.pending();
    }
  };
  using Pipelines = std::map<std::string, Pipeline>;
  struct Flight {
    std::uint64_t number = 0;
    std::vector<Pipelines::iterator> members;  ///< stay valid: what flies is unread, hence not forgotten
    std::size_t body_bytes = 0;
    bool full = false;  ///< the body limit ended it
  };

  [[nodiscard]] std::optional<Company> company_in_turn(TimePoint now);
  void fill(LogBatch& batch, Flight& flight, Company company, TimePoint now);
  bool append(LogBatch& batch, Flight& flight, Pipelines::iterator member);
  void on_delivered(const Flight& flight);
  std::optional<GivenUp> on_refused(const Flight& flight, TimePoint now);
  std::optional<GivenUp> on_too_large(const Flight& flight);
  void divide(const Flight& flight);
  void count_given_up(const LogFeed::Lost& lost);
  void forget_finished();

  LogShipperLimits limits_;
  std::size_t body_limit_;
  int full_deliveries_ = 0;  ///< since the body limit last changed
  Pipelines pipelines_;
  std::optional<Flight> flight_;
  std::uint64_t batches_ = 0;
  Company next_company_;
  Company last_company_ = 0;        ///< whose turn it was
  Company last_other_company_ = 0;  ///< likewise, the healthy one apart
  std::string last_healthy_;        ///< where the healthy company's turn stopped
  LogCounters settled_;             ///< what is overwritten but not settled yet comes on top
};

}  // namespace vf::logbuf
