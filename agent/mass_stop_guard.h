// MassStopGuard (VF_MASS_STOP_GUARD): a wish that would stop more than N pipelines at once is not believed at once: it
// is held for three polls. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace vf::agent {

class MassStopGuard {
 public:
  static constexpr unsigned polls_held = 3;

  using TimePoint = std::chrono::steady_clock::time_point;
  enum class Verdict {
    do_it,   ///< not so many, or said often enough
    hold,    ///< for the first time
    holding  ///< still
  };

  /// `most` 0: everything is believed.
  explicit MassStopGuard(std::size_t most) : most_(most) {}

  /// An answer of the control plane that would stop `stops` pipelines. A push may lead to many polls in a moment: those
  /// within `interval` of one that counted do not count.
  [[nodiscard]] Verdict judge(std::size_t stops, TimePoint now, std::chrono::milliseconds interval) {
    if (most_ == 0 || stops <= most_) {
      forget();
      return Verdict::do_it;
    }
    const bool first = !last_counted_;
    if (first || now - *last_counted_ >= interval) {
      last_counted_ = now;
      if (++polls_ > polls_held) {
        forget();
        return Verdict::do_it;
      }
    }
    return first ? Verdict::hold : Verdict::holding;
  }
  [[nodiscard]] bool holds() const { return last_counted_.has_value(); }
  [[nodiscard]] std::size_t most() const { return most_; }

 private:
  void forget() {
    polls_ = 0;
    last_counted_.reset();
  }

  const std::size_t most_;
  unsigned polls_ = 0;  // in a row that said so
  std::optional<TimePoint> last_counted_;
};

}  // namespace vf::agent
