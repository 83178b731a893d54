// ReconnectPolicy: when the push stream is opened next, and at which of its two URLs. Pure: the clock and the random
// number come in as arguments; every sequence of calls has an answer.
//
//   - A connection counts as good when it was open (HTTP 200) for 10 s or more. Anything else is a failure.
//   - After the n-th failure in a row the wait is 1, 2, 4, 8, 16, then always 30 s, of which a random half is taken off
//     so that the agents of a restarted server do not come back in one wave; after a good connection it is as after
//     the first failure.
//   - 401, 402, 403: a person must act, so 60 s (plus up to a tenth). 429 and 503: Retry-After is obeyed (at most a
//     day, plus up to a tenth), where there is one.
//   - Three failures in a row at one URL turn to the other one. Being told to wait (429, 503 with Retry-After) says
//     nothing about the URL and does not count.
//   - The offered (primary) URL is the better one. From the fallback we return to it when another one is offered, when
//     the fallback fails in its turn, or with the first reconnect after 10 minutes. A live stream is never cut for
//     that.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace vf::push {

using TimePoint = std::chrono::steady_clock::time_point;

struct ReconnectTimes {
  std::chrono::milliseconds first_wait{1000};
  std::chrono::milliseconds longest_wait{30'000};
  std::chrono::milliseconds refused_wait{60'000};  ///< after 401, 402, 403
  std::chrono::milliseconds longest_retry_after{86'400'000};
  std::chrono::milliseconds short_lived{10'000};  ///< a connection that lived shorter is a failure
  std::chrono::milliseconds fallback_stay{600'000};
  int failures_to_switch = 3;
};

/// How one connection went.
struct ConnectionEnd {
  int status = 0;                                   ///< HTTP status; 0: there was no answer
  std::chrono::milliseconds lived{0};               ///< since HTTP 200 was received; 0 where it was not
  std::optional<std::chrono::seconds> retry_after;  ///< as the server said it
};

class ReconnectPolicy {
 public:
  /// `primary_url` may equal `fallback_url`: then there is nothing to switch to.
  ReconnectPolicy(std::string primary_url, std::string fallback_url, ReconnectTimes times = {});

  /// A poll handed out this primary URL (already chosen by choose_push_url). Nothing happens where it is the same.
  void offer(std::string primary_url);

  /// Where the next connection goes.
  [[nodiscard]] const std::string& url() const { return on_fallback_since_ ? fallback_url_ : primary_url_; }

  /// A connection to url() has ended: how long to wait before the next. `random` is uniform in [0, 1); what lies
  /// outside is clamped.
  [[nodiscard]] std::chrono::milliseconds ended(const ConnectionEnd& end, TimePoint now, double random);

 private:
  void count_failure(TimePoint now);
  [[nodiscard]] std::chrono::milliseconds backoff() const;

  std::string primary_url_;
  const std::string fallback_url_;
  const ReconnectTimes times_;
  int failures_in_a_row_ = 0;  // whatever the URL: sets the wait
  int failures_here_ = 0;      // at url(): decides about switching
  std::optional<TimePoint> on_fallback_since_;
};

}  // namespace vf::push
