#include "agent/control/vectorflow/remote_taps.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <optional>
#include <utility>

namespace vf::agent::vectorflow {
namespace {

using std::chrono::steady_clock;

constexpr const char* path = "/api/agent/tap-events";
// Ids and the like, beside the events of a post.
constexpr std::size_t envelope_bytes = 4096;
// The last words of a tap are not worth more.
constexpr unsigned most_attempts_to_stop = 4;

}  // namespace

struct RemoteTaps::Request final : tapper::Viewer {
  Request(RemoteTaps& taps, TapSchedule::Id number, const push::TapStart& tap)
      : owner(taps),
        id(number),
        ids{tap.request_id, tap.pipeline_id, tap.component_id},
        buffer(most_tap_bytes - envelope_bytes) {}

  void on_event(std::string_view json) override {
    buffer.add(json);
    owner.pending(*this);
  }
  void on_dropped(std::uint64_t count) override {
    buffer.add_dropped(count);
    owner.pending(*this);
  }
  void on_notice(std::string_view text) override {
    buffer.add(tap_notice(text));
    owner.pending(*this);
  }
  void on_end(std::string_view why) override {
    stopped = std::string(why);
    owner.pending(*this);
  }

  RemoteTaps& owner;
  const TapSchedule::Id id;
  const TapIds ids;
  tapper::TapBuffer buffer;
  std::unique_ptr<tapper::Tapper::Watch> watch;
  std::optional<std::string> stopped;  // the reason, once it has ended
  bool known_pending = false;          // the schedule has been told that something waits
  std::string body;                    // what was posted and has not been taken
  std::uint64_t body_events = 0;
  bool body_is_last = false;
  unsigned attempts = 0;  // at this body
};

RemoteTaps::RemoteTaps(Parts parts) : parts_(std::move(parts)), timer_(parts_.loop) {}

RemoteTaps::~RemoteTaps() = default;

void RemoteTaps::start(const push::TapStart& tap) {
  if (cancelled_) return;
  for (const auto& [id, request] : requests_)
    if (request->ids.request_id == tap.request_id) return;  // told twice
  if (requests_.size() >= most_requests) {
    parts_.log.warn("a tap of " + tap.pipeline_id + "/" + tap.component_id + " is ignored: there are " +
                    std::to_string(most_requests) + " already");
    return parts_.metrics.count_dropped(metrics::Dropped::tap_events);
  }
  const TapSchedule::Id id = ++last_id_;
  schedule_.add(id);
  Request& request = *requests_.emplace(id, std::make_unique<Request>(*this, id, tap)).first->second;
  auto watch = parts_.tapper.watch(tap.pipeline_id, tap.component_id, request);
  if (!watch) {
    request.stopped = watch.error().reason;
    return pending(request);
  }
  request.watch = std::move(watch).value();
  parts_.log.info("tap of " + tap.pipeline_id + "/" + tap.component_id + " begins");
}

void RemoteTaps::stop(const std::string& request_id) {
  for (const auto& [id, request] : requests_) {
    if (request->ids.request_id != request_id || request->stopped) continue;
    request->watch.reset();
    (void)request->buffer.take();  // the server has forgotten the tap and takes no events of it
    request->stopped = "it was asked to stop";
    pending(*request);
    return;
  }
}

void RemoteTaps::cancel_all() {
  cancelled_ = true;
  timer_.cancel();
  requests_.clear();
  if (http_) http_->cancel_all();
}

/// Called for every event.
void RemoteTaps::pending(Request& request) {
  const auto now = steady_clock::now();
  if (std::exchange(request.known_pending, true) && now < schedule_.early()) return;
  schedule_.on_pending(request.id, now);
  pump();
}

void RemoteTaps::pump() {
  if (cancelled_ || std::exchange(pump_posted_, true)) return;
  boost::asio::post(parts_.loop, [this] {
    pump_posted_ = false;
    if (cancelled_) return;
    while (const auto id = schedule_.due(steady_clock::now())) post(*requests_.at(*id));
    const auto next = schedule_.next(steady_clock::now());
    if (!next) return;
    timer_.expires_at(*next);
    timer_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled) pump();
    });
  });
}

void RemoteTaps::post(Request& request) {
  request.known_pending = false;
  if (request.body.empty()) {
    request.attempts = 0;
    request.body_is_last = request.buffer.empty();
    if (request.body_is_last) {
      request.body = encode_tap_stopped(request.ids, request.stopped.value_or(""));
      request.body_events = 0;
    } else {
      const tapper::TapBuffer::Batch batch = request.buffer.take();
      parts_.metrics.count_dropped(metrics::Dropped::tap_events, batch.dropped);
      request.body_events = batch.events;
      request.body = encode_tap_events(request.ids, batch);
    }
  }
  ++request.attempts;
  if (!http_) http_ = std::make_unique<HttpClient>(parts_.loop, parts_.http);
  http_->send(parts_.post(path, request.body),
              [this, id = request.id](const HttpResponse& response) { answered(id, response); });
}

void RemoteTaps::answered(TapSchedule::Id id, const HttpResponse& response) {
  Answer answer;
  answer.status = response.status;
  answer.retry_after = response.retry_after;
  const bool again = response.status == 0 || response.status == 429 || response.status >= 500;
  const auto found = requests_.find(id);
  bool over = false;
  bool more = false;
  if (found != requests_.end()) {
    Request& request = *found->second;
    const std::string what = "tap of " + request.ids.pipeline_id + "/" + request.ids.component_id;
    if (again) {
      over = request.body_is_last && request.attempts >= most_attempts_to_stop;
    } else {
      over = request.body_is_last || response.status == 401 || response.status == 403 || response.status == 404;
      if (response.status != 200) parts_.metrics.count_dropped(metrics::Dropped::tap_events, request.body_events);
      if (response.status == 400 || response.status == 413)
        parts_.log.warn(what + ": the server does not take these events (HTTP " + std::to_string(response.status) +
                        "): " + std::to_string(request.body_events) + " are left out");
      request.body.clear();
    }
    if (over)
      parts_.log.info(what + " has ended" +
                      (request.stopped ? ": " + *request.stopped : ": the server does not know it any more"));
    more = !over && (again || !request.buffer.empty() || request.stopped);
    request.known_pending = more;
  }
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  schedule_.on_answer(id, answer, more, steady_clock::now(), uniform(random_));
  if (over) forget(id);
  pump();
}

void RemoteTaps::forget(TapSchedule::Id id) {
  schedule_.remove(id);
  requests_.erase(id);
  if (requests_.empty() && parts_.on_idle) parts_.on_idle();
}

}  // namespace vf::agent::vectorflow
