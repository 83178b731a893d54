#include "agent/calm_moment.h"

#include <utility>

namespace vf::agent {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_looks{50};
constexpr std::chrono::seconds longest_wait{45};

}  // namespace

void CalmMoment::wait(std::function<void()> then) {
  if (by_ == steady_clock::time_point{}) by_ = steady_clock::now() + longest_wait;
  if (!is_reloading_() || steady_clock::now() >= by_) return then();
  rest(between_looks, [this, then = std::move(then)]() mutable { wait(std::move(then)); });
}

void CalmMoment::rest(std::chrono::milliseconds pause, std::function<void()> then) {
  timer_.expires_after(pause);
  timer_.async_wait([this, of = generation_, then = std::move(then)](boost::system::error_code cancelled) mutable {
    if (!cancelled && of == generation_) then();
  });
}

}  // namespace vf::agent
