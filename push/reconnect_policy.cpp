#include "push/reconnect_policy.h"

#include <algorithm>
#include <utility>

namespace vf::push {
namespace {

using std::chrono::milliseconds;

milliseconds scaled(milliseconds time, double factor) {
  return milliseconds(static_cast<milliseconds::rep>(static_cast<double>(time.count()) * factor));
}

bool refuses_us(int status) {
  return status == 401 || status == 402 || status == 403;
}

bool asks_to_wait(const ConnectionEnd& end) {
  return (end.status == 429 || end.status == 503) && end.retry_after;
}

}  // namespace

ReconnectPolicy::ReconnectPolicy(std::string primary_url, std::string fallback_url, ReconnectTimes times)
    : primary_url_(std::move(primary_url)), fallback_url_(std::move(fallback_url)), times_(times) {}

void ReconnectPolicy::offer(std::string primary_url) {
  if (primary_url == primary_url_) return;
  primary_url_ = std::move(primary_url);
  on_fallback_since_.reset();
  failures_here_ = 0;
}

milliseconds ReconnectPolicy::ended(const ConnectionEnd& end, TimePoint now, double random) {
  const double jitter = random >= 0 ? std::min(random, 1.0) : 0.0;  // NaN becomes 0
  if (asks_to_wait(end)) {
    // Capped in seconds first: a year-long answer must not overflow once multiplied.
    const auto cap = std::chrono::duration_cast<std::chrono::seconds>(times_.longest_retry_after);
    const milliseconds wait = std::clamp(*end.retry_after, std::chrono::seconds(0), cap);
    return scaled(std::max(wait, times_.first_wait), 1.0 + jitter / 10);
  }
  if (end.lived >= times_.short_lived) {
    failures_in_a_row_ = 0;
    failures_here_ = 0;
    if (on_fallback_since_ && now - *on_fallback_since_ >= times_.fallback_stay) on_fallback_since_.reset();
    return scaled(times_.first_wait, 1.0 - jitter / 2);
  }
  count_failure(now);
  if (refuses_us(end.status)) return scaled(times_.refused_wait, 1.0 + jitter / 10);
  return scaled(backoff(), 1.0 - jitter / 2);
}

void ReconnectPolicy::count_failure(TimePoint now) {
  ++failures_in_a_row_;
  ++failures_here_;
  if (on_fallback_since_) {
    if (failures_here_ < times_.failures_to_switch && now - *on_fallback_since_ < times_.fallback_stay) return;
    on_fallback_since_.reset();
  } else {
    if (failures_here_ < times_.failures_to_switch || primary_url_ == fallback_url_) return;
    on_fallback_since_ = now;
  }
  failures_here_ = 0;
}

// The sequence ends well before 2^n could overflow.
milliseconds ReconnectPolicy::backoff() const {
  milliseconds wait = times_.first_wait;
  for (int failure = 1; failure < failures_in_a_row_ && wait < times_.longest_wait; ++failure) wait *= 2;
  return std::min(wait, times_.longest_wait);
}

}  // namespace vf::push
