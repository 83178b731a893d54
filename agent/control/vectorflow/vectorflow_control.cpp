#include "agent/control/vectorflow/vectorflow_control.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "agent/control/vectorflow/error_text.h"
#include "agent/http/http_stream_transport.h"
#include "agent/http_settings.h"

namespace vf::agent::vectorflow {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds connect_timeout{10};
// The server answers within 1.5 s; a call that takes this long has gone wrong.
constexpr seconds call_deadline{30};
constexpr seconds shutdown_grace{5};
constexpr seconds handover_grace{3};
constexpr std::size_t most_remembered = 4096;

/// What a person must know about an answer that is not 200.
std::string describe(Call call, const HttpResponse& response) {
  static constexpr const char* words[] = {"enrol", "poll", "send a heartbeat", "ship logs", "answer a sample"};
  const std::string act = std::string("cannot ") + words[static_cast<std::size_t>(call)] + ": ";
  if (response.status == 0) return act + response.error;
  std::string text = act + "HTTP " + std::to_string(response.status);
  const std::string said = error_text(response.body);
  if (!said.empty()) text += " (" + said + ")";
  switch (response.status) {
    case 401:
      return text + (call == Call::enroll
                         ? ": the enrolment token is not accepted; give a valid one in VF_TOKEN. Trying again slowly"
                         : ": this node's token is not accepted; was the node deleted? Remove node-token from "
                           "VF_DATA_DIR and restart with a VF_TOKEN to enrol anew. Trying again slowly");
    case 402:
      return text + ": the plan's limit of nodes is reached; free one or upgrade. Trying again slowly";
    case 403:
      return text + ": the server does not allow it. Trying again slowly";
    default:
      break;
  }
  if (response.retry_after) text += "; told to wait " + std::to_string(response.retry_after->count()) + " s";
  return text;
}

}  // namespace

VectorflowControl::VectorflowControl(Parts parts)
    : parts_(std::move(parts)),
      schedule_({parts_.options.poll_interval, parts_.options.log_flush_interval}, false, steady_clock::now()),
      http_(parts_.loop, http_settings(parts_.options)),
      timer_(parts_.loop),
      last_chance_(parts_.loop),
      taps_({parts_.loop, parts_.tapper, parts_.metrics, parts_.log, http_settings(parts_.options),
             [this](std::string path, std::string body) {
               return request(HttpMethod::post, std::move(path), std::move(body));
             },
             [this] { finish(); }}),
      samples_({parts_.loop, parts_.sampler, parts_.metrics, parts_.run_on_worker,
                [this] {
                  schedule_.on_answers_wait(Call::samples);
                  pump();
                },
                [this] { state_changed(); }}) {}

VectorflowControl::~VectorflowControl() = default;

void VectorflowControl::start() {
  auto token = load_node_token(parts_.options.data_dir);
  if (!token) {
    parts_.log.error(token.error().message() + "; enrolling anew");
  } else if (!token.value().empty()) {
    token_ = token.value();
    schedule_ = Schedule({parts_.options.poll_interval, parts_.options.log_flush_interval}, true, steady_clock::now());
  }
  pump();
}

void VectorflowControl::state_changed() {
  schedule_.on_state_changed(steady_clock::now());
  pump();
}

void VectorflowControl::on_ring(const std::string& pipeline_id, std::shared_ptr<const logbuf::LogRing> ring) {
  shipper_.add(pipeline_id, std::move(ring));
}

void VectorflowControl::on_lines() {
  if (std::exchange(lines_known_, true)) return;  // called for every line
  schedule_.on_lines(steady_clock::now());
  pump();
}

void VectorflowControl::on_own_line() {
  if (handing_over_) shipper_.note_backlog();
  on_lines();
}

void VectorflowControl::on_retired(const std::string& pipeline_id) {
  shipper_.retire(pipeline_id);
}

/// Sends what is due, and comes back when the next call is. Posted, so that a burst of events leads to one look.
void VectorflowControl::pump() {
  if (std::exchange(pump_posted_, true)) return;
  boost::asio::post(parts_.loop, [this] {
    pump_posted_ = false;
    if (shutting_down_ || handing_over_) return;  // finish() sends what is left, in its own order
    const auto now = steady_clock::now();
    hold_heartbeats();
    for (const Call call : schedule_.due(now)) send(call);
    const auto next = schedule_.next(steady_clock::now());
    if (!next) return;
    timer_.expires_at(*next);
    timer_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled) pump();
    });
  });
}

void VectorflowControl::send(Call call) {
  switch (call) {
    case Call::enroll:
      return send_enroll();
    case Call::poll:
      return send_poll();
    case Call::heartbeat:
      return send_heartbeat();
    case Call::logs:
      return send_logs();
    case Call::samples:
      return send_samples();
  }
}

HttpRequest VectorflowControl::request(HttpMethod method, std::string path, std::string body) const {
  HttpRequest request;
  request.method = method;
  request.path = std::move(path);
  request.body = std::move(body);
  request.bearer_token = token_;
  request.connect_timeout = connect_timeout;
  request.deadline = call_deadline;
  return request;
}

void VectorflowControl::answered(Call call, const HttpResponse& response, bool more) {
  Answer answer;
  answer.status = response.status;
  answer.retry_after = response.retry_after;
  if (response.status != 200) answer.reason = describe(call, response);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  schedule_.on_answer(call, answer, more, steady_clock::now(), uniform(random_));
  const LinkState& link = schedule_.link();
  if (link != told_link_) {
    told_link_ = link;
    parts_.listener.on_link(link);
  }
  done_ ? finish() : pump();
}

void VectorflowControl::warn_once(const std::string& text) {
  if (said_.size() > most_remembered) said_.clear();
  if (said_.insert(text).second) parts_.log.warn(text);
}

void VectorflowControl::apply(ConfigResponse config) {
  for (const std::string& warning : config.warnings) warn_once("config: " + warning);
  if (config.poll_interval) schedule_.on_interval(*config.poll_interval, steady_clock::now());

  std::map<std::string, std::pair<std::int64_t, std::string>> listed;
  for (const supervisor::PipelineSpec& spec : config.desired.pipelines)
    listed.emplace(spec.id, std::pair(spec.version, spec.checksum));
  forget_refusals(config);
  for (Refusal& refusal : config.refusals) {
    listed.emplace(refusal.id, std::pair(refusal.version, std::string()));
    config.desired.keep.push_back(refusal.id);
    const auto known = refusals_.find(refusal.id);
    if (known == refusals_.end() || known->second.reason != refusal.reason)
      parts_.listener.on_refused(refusal.id, refusal.reason);
    refusals_[refusal.id] = std::move(refusal);
  }
  config.desired.keep_absent = config.unidentified > 0;
  if (!config.desired.keep_absent)
    for (const auto& [id, version_and_checksum] : listed_)
      if (!listed.contains(id)) shipper_.retire(id);     // the server may refuse its lines from now on
  for (const auto& [id, version_and_checksum] : listed)  // listed again while its process was still being stopped
    if (!listed_.contains(id))
      if (auto ring = parts_.hub.ring(id)) shipper_.add(id, std::move(ring));
  listed_ = std::move(listed);
  listed_known_ = true;

  for (const SampleRequest& sample : config.sample_requests)
    samples_.ask(sample.request_id, sample.pipeline_id, sample.component_keys, sample.limit,
                 listed_.contains(sample.pipeline_id));
  offered_push_url_ = config.push_url;
  if (push_)
    push_->offer_url(offered_push_url_);
  else
    open_push();
  parts_.listener.on_desired(std::move(config.desired));
  if (const auto& action = config.pending_action)
    parts_.listener.on_update_offered(
        {action->target_version, action->download_url, action->checksum, action->signature});
}

void VectorflowControl::forget_refusals(const ConfigResponse& config) {
  std::set<std::string> still;
  for (const Refusal& refusal : config.refusals) still.insert(refusal.id);
  for (auto known = refusals_.begin(); known != refusals_.end();) {
    if (still.contains(known->first)) {
      ++known;
      continue;
    }
    parts_.listener.on_refused(known->first, "");
    known = refusals_.erase(known);
  }
}

void VectorflowControl::open_push() {
  if (shutting_down_) return;
  push::PushTarget target{parts_.options.url, offered_push_url_, token_};
  push::PushCallbacks callbacks;
  callbacks.connected = [this] {
    parts_.metrics.set_push_connected(true);
    parts_.log.info("push stream open");
    count_push_stats();
    schedule_.on_config_changed(steady_clock::now());  // what changed while it was not open was told to nobody
    pump();
  };
  callbacks.message = [this](const push::PushMessage& message) { on_push(message); };
  callbacks.disconnected = [this](const push::Disconnected& end) {
    parts_.metrics.set_push_connected(false);
    if (end.was_open)
      parts_.log.info("push stream lost: " + end.reason + "; polling goes on, reconnecting");
    else
      parts_.log.debug("no push stream: " + end.reason);
    count_push_stats();
  };
  push_ = std::make_unique<push::PushChannel>(
      std::move(target), make_stream_transport(http_settings(parts_.options), parts_.options.push_silence),
      [&loop = parts_.loop](std::function<void()> run) { boost::asio::post(loop, std::move(run)); },
      std::move(callbacks));
  push_->start();
}

void VectorflowControl::count_push_stats() {
  const push::PushStats stats = push_->stats();
  for (; push_told_.reconnects < stats.reconnects; ++push_told_.reconnects) parts_.metrics.push_reconnected();
  const auto lost = [](const push::PushStats& of) { return of.malformed + of.oversized + of.dropped; };
  if (lost(stats) > lost(push_told_))
    parts_.metrics.count_dropped(metrics::Dropped::push_messages, lost(stats) - lost(push_told_));
  push_told_ = stats;
}

void VectorflowControl::count_log_losses() {
  const logbuf::LogCounters now = shipper_.counters();
  parts_.metrics.count_dropped(metrics::Dropped::log_lines_overwritten,
                               now.lines_dropped_overwritten - log_told_.lines_dropped_overwritten);
  parts_.metrics.count_dropped(metrics::Dropped::log_lines_refused,
                               now.lines_dropped_refused - log_told_.lines_dropped_refused);
  log_told_ = now;
}

void VectorflowControl::on_push(const push::PushMessage& message) {
  if (shutting_down_) return;
  struct Visit {
    VectorflowControl& self;
    void operator()(const push::ConfigChanged&) {
      self.schedule_.on_config_changed(steady_clock::now());
      self.pump();
    }
    void operator()(const push::SampleRequest& sample) {
      self.samples_.ask(sample.request_id, sample.pipeline_id, sample.component_keys, sample.limit,
                        self.listed_.contains(sample.pipeline_id));
    }
    void operator()(const push::TapStart& tap) { self.taps_.start(tap); }
    void operator()(const push::TapStop& tap) { self.taps_.stop(tap.request_id); }
    void operator()(const push::SelfUpdate& update) {
      self.parts_.listener.on_update_offered(
          {update.target_version, update.download_url, update.checksum, update.signature});
    }
    void operator()(const push::RestartPipeline& restart) {
      self.parts_.listener.on_restart_requested(restart.pipeline_id);
    }
    void operator()(const push::SetPollInterval& set) {
      self.schedule_.on_interval(set.interval, steady_clock::now());
      self.pump();
    }
    void operator()(const push::Unknown& unknown) {
      self.warn_once("push message of unknown type \"" + unknown.type + "\" ignored");
      self.parts_.metrics.count_dropped(metrics::Dropped::push_messages);
    }
    void operator()(const push::Malformed& malformed) {
      self.warn_once("push message ignored: " + malformed.reason);
      self.count_push_stats();
    }
  };
  std::visit(Visit{*this}, message);
}

void VectorflowControl::tell_update_error(const std::string& reason) {
  update_error_ = reason;
  state_changed();
}

void VectorflowControl::hand_over(std::function<void()> done) {
  handing_over_ = true;
  // A Vector that talks all the time would keep us here. What comes from now on the next program reads, and sends.
  shipper_.note_backlog();
  say_farewell(handover_grace, std::move(done));
}

void VectorflowControl::shut_down(std::function<void()> done) {
  shutting_down_ = true;
  handing_over_ = false;
  if (push_) push_->stop();
  say_farewell(shutdown_grace, std::move(done));
}

void VectorflowControl::say_farewell(std::chrono::milliseconds grace, std::function<void()> done) {
  done_ = std::move(done);
  timer_.cancel();
  last_chance_.expires_after(grace);
  last_chance_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled || !done_) return;
    parts_.log.warn(only_taps_left_ ? "the server was not told in time that taps have ended"
                    : handing_over_ ? "the server did not take the waiting logs in time; they are sent again"
                                    : "the server did not take the last logs and heartbeat in time");
    finished();
  });
  boost::asio::post(parts_.loop, [this] { finish(); });
}

void VectorflowControl::hold_heartbeats() {
  schedule_.hold_heartbeats(!listed_known_ && !parts_.node.remembers_all());
}

/// One after the other: what is in flight, all logs, the last heartbeat, the taps' last words. Called again by each
/// answer.
void VectorflowControl::finish() {
  if (!done_ || final_call_out_) return;  // the answer of that one comes back here
  if (!schedule_.enrolled()) return finished();
  if (schedule_.in_flight(Call::logs) || schedule_.in_flight(Call::heartbeat)) return;
  const auto now = steady_clock::now();
  hold_heartbeats();
  const bool logs_wait = handing_over_ ? shipper_.backlog_pending(now) : shipper_.has_pending(now);
  if (!final_logs_failed_ && logs_wait && schedule_.take_last(Call::logs, now)) {
    final_call_out_ = true;
    return send_logs([this](bool server_answered) {
      final_call_out_ = false;
      final_logs_failed_ = !server_answered;
      finish();
    });
  }
  if (!handing_over_ && !std::exchange(final_heartbeat_sent_, true) && schedule_.take_last(Call::heartbeat, now)) {
    final_call_out_ = true;
    return send_heartbeat([this] {
      final_call_out_ = false;
      finish();
    });
  }
  // Those who watch are told that it ends; last, as their budget, or a 429, may hold that for longer than there is
  // time.
  only_taps_left_ = taps_.busy();
  if (!only_taps_left_) finished();
}

void VectorflowControl::finished() {
  last_chance_.cancel();
  taps_.cancel_all();
  if (!handing_over_) http_.cancel_all();  // for good; a handover may yet become an end
  if (auto done = std::exchange(done_, nullptr)) done();
}

}  // namespace vf::agent::vectorflow
