#include "tapper/tap.h"

#include <algorithm>
#include <utility>

#include "tapper/tap_remark.h"

namespace vf::tapper {
namespace {

constexpr std::chrono::milliseconds shortest_pause{250};
constexpr std::chrono::milliseconds longest_pause{5000};
constexpr std::chrono::milliseconds settle{200};
// An agent that was killed leaves its subprocesses behind: they end by themselves soon after the tap would have.
constexpr std::chrono::seconds beyond_longest{10};

}  // namespace

Tap::Tap(const Tapper::Parts& parts, std::string pipeline_id, std::string component_id)
    : parts_(parts),
      pipeline_id_(std::move(pipeline_id)),
      component_id_(std::move(component_id)),
      pause_(shortest_pause),
      retry_(parts_.loop),
      settled_(parts_.loop) {}

void Tap::add(Viewer& viewer) {
  viewers_.push_back(&viewer);
  if (!told_.empty() && (!process_ || matches_nothing())) viewer.on_notice(told_);
}

bool Tap::look() {
  const auto target = parts_.find(pipeline_id_, component_id_);
  if (!target) return false;
  if (process_ && (!target->running || target->generation != generation_)) {
    process_.reset();
    pause_ = shortest_pause;
  }
  if (target->running && !process_) {
    start(*target);
  } else if (!target->running) {
    retry_.cancel();
    notice("waiting for the pipeline to run");
  }
  return true;
}

void Tap::start(const TapTarget& target) {
  retry_.cancel();
  auto program = parts_.program(pipeline_id_);
  if (!program) return start_later(program.error().message());
  TapOrder order;
  order.api_port = target.api_port;
  is_sink_ = is_sink_ || target.role == ComponentRole::sink;
  (is_sink_ ? order.inputs_of : order.outputs_of) = {component_id_};
  order.longest = parts_.longest_watch + beyond_longest;
  auto started = TapProcess::start(parts_.loop, program.value(), order, *this);
  if (!started) return start_later(started.error().message());
  process_ = std::move(started).value();
  generation_ = target.generation;
  began_ = std::chrono::steady_clock::now();
  unmatched_.clear();
  first_words_.clear();
  ended_of_one_event_ = false;
  if (reader_ && reads_wrapped_ == program.value().grpc) return;
  reads_wrapped_ = program.value().grpc;
  reader_ = std::make_unique<EventReader>(reads_wrapped_);
}

void Tap::start_later(const std::string& why) {
  if (!why.empty()) notice(why + "; trying again");
  retry_.expires_after(pause_);
  pause_ = std::min(2 * pause_, longest_pause);
  retry_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code cancelled) {
    // Should the pipeline be gone, the Tapper hears of that by itself.
    if (!cancelled && !alive.expired()) (void)look();
  });
}

void Tap::end(std::string_view reason) {
  retry_.cancel();
  process_.reset();
  for (Viewer* const viewer : std::exchange(viewers_, {})) viewer->on_end(reason);
}

void Tap::notice(const std::string& text) {
  if (std::exchange(told_, text) == text) return;
  for (Viewer* const viewer : viewers_) viewer->on_notice(text);
}

void Tap::on_tap_line(std::string_view line) {
  const auto found = reader_->read(line);
  // A pattern cannot say every id literally (literal_pattern), so it is looked at once more.
  if (found && !is_sink_ && found->component_id != component_id_) return;
  pause_ = shortest_pause;
  told_.clear();
  first_words_.clear();
  for (Viewer* const viewer : viewers_) found ? viewer->on_event(found->event) : viewer->on_dropped(1);
}

void Tap::on_tap_cut() {
  for (Viewer* const viewer : viewers_) viewer->on_dropped(1);
}

/// Words of Vector's own: it says which patterns matched nothing, or a sink, and why it could not connect.
void Tap::on_tap_remark(std::string_view line) {
  const TapRemark remark = read_remark(line);
  switch (remark.kind) {
    case TapRemark::Kind::is_sink:
      if (std::exchange(is_sink_, true)) return;
      process_.reset();
      (void)look();
      return;
    case TapRemark::Kind::unmatched:
      unmatched_.insert(remark.pattern);
      return tell_unmatched_soon();
    case TapRemark::Kind::matched:
      unmatched_.erase(remark.pattern);
      return;
    case TapRemark::Kind::too_large:
      ended_of_one_event_ = true;
      return on_tap_cut();
    case TapRemark::Kind::other:
      if (first_words_.empty()) first_words_ = line;
      return;
    case TapRemark::Kind::noise:
      return;
  }
}

bool Tap::matches_nothing() const {
  const std::size_t asked = is_sink_ ? 1 : 2;  // the id, and its named outputs
  return unmatched_.size() >= asked;
}

/// Not at once: that it is a sink is said after that.
void Tap::tell_unmatched_soon() {
  settled_.expires_after(settle);
  settled_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code cancelled) {
    if (cancelled || alive.expired()) return;
    if (matches_nothing())
      notice("this pipeline has no component " + component_id_ + " whose events can be seen; waiting for one");
  });
}

void Tap::on_tap_end() {
  process_.reset();
  if (std::chrono::steady_clock::now() >= began_ + parts_.longest_watch) {  // as it was told to; somebody came later
    (void)look();
    return;
  }
  const auto target = parts_.find(pipeline_id_, component_id_);
  // Where its Vector has ended the supervisor soon knows, and the next one is waited for.
  if (target && target->running && std::exchange(ended_of_one_event_, false))
    start_later("");  // it is counted like any other that is too large
  else if (target && target->running)
    start_later("the tap lost its Vector" + (first_words_.empty() ? "" : " (" + first_words_ + ")"));
}

}  // namespace vf::tapper
