#include "agent/loop_lag.h"

namespace vf::agent {
namespace {

// Often enough to catch most stalls of 10 ms, rare enough to cost nothing: 4 wake-ups a second.
constexpr std::chrono::milliseconds period{250};

}  // namespace

void LoopLag::start() {
  last_turn_ = std::chrono::steady_clock::now().time_since_epoch().count();
  arm();
}

void LoopLag::arm() {
  timer_.expires_after(period);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    const auto now = std::chrono::steady_clock::now();
    metrics_.observe_loop_lag(now - timer_.expiry());
    last_turn_ = now.time_since_epoch().count();
    arm();
  });
}

std::chrono::steady_clock::duration LoopLag::since_last_turn() const {
  return std::chrono::steady_clock::now().time_since_epoch() - std::chrono::steady_clock::duration(last_turn_.load());
}

}  // namespace vf::agent
