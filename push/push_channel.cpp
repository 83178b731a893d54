#include "push/push_channel.h"

#include <cassert>
#include <condition_variable>
#include <mutex>
#include <random>
#include <utility>

#include "push/push_url.h"
#include "push/quiet_thread.h"
#include "push/sse_parser.h"

namespace vf::push {
namespace {

constexpr std::size_t news_per_turn = 32;  // of the loop: a flood leaves room for others

}  // namespace

struct PushChannel::Shared : std::enable_shared_from_this<PushChannel::Shared> {
  Shared(PushTarget target_, std::unique_ptr<StreamTransport> transport_, Post post_, PushCallbacks callbacks_,
         ReconnectTimes times)
      : target(std::move(target_)),
        transport(std::move(transport_)),
        post(std::move(post_)),
        callbacks(std::move(callbacks_)),
        policy(choose_push_url(target.base_url, target.offered_url), fallback_push_url(target.base_url), times) {}

  class Connection;

  // The stream's thread.
  void run();
  Disconnected connect_once(const std::string& url, double random);
  bool tell(PushNews news);  // false: stopped, nobody listens any more

  // The loop's thread.
  void deliver();
  void hand_out(const PushNews& news) const;

  void post_delivery();  // mutex held

  const PushTarget target;
  const std::unique_ptr<StreamTransport> transport;
  const Post post;
  const PushCallbacks callbacks;

  std::mutex mutex;  // guards what follows; never held while a callback or the transport runs
  std::condition_variable changed;
  bool stopped = false;   // written on the loop's thread only, which may therefore read it without the lock
  bool delivery_posted = false;
  ReconnectPolicy policy;
  PushQueue queue;
  PushStats stats;
};

// Turns the bytes of one connection into news.
class PushChannel::Shared::Connection final : public StreamSink, private SseSink {
 public:
  explicit Connection(Shared& shared) : shared_(shared) {}

  void on_open() override {
    was_open_ = true;
    wanted_ = shared_.tell(Connected{});
  }

  bool on_bytes(std::string_view bytes) override {
    const std::uint64_t skipped_before = parser_.skipped_events();
    parser_.feed(bytes, *this);
    if (const std::uint64_t skipped = parser_.skipped_events() - skipped_before; skipped > 0) {
      const std::lock_guard lock(shared_.mutex);
      shared_.stats.oversized += skipped;
    }
    return wanted_;
  }

  [[nodiscard]] bool was_open() const { return was_open_; }

 private:
  void on_event(std::string_view, std::string_view data) override {
    if (wanted_) wanted_ = shared_.tell(decode_push_message(data));
  }
  void on_comment() override {}

  Shared& shared_;
  SseParser parser_;
  bool was_open_ = false;
  bool wanted_ = true;
};

void PushChannel::Shared::run() {
  std::minstd_rand generator{std::random_device{}()};
  std::uniform_real_distribution<double> uniform;
  std::unique_lock lock(mutex);
  for (bool first = true; !stopped; first = false) {
    if (!first) ++stats.reconnects;
    const std::string url = policy.url();
    lock.unlock();
    Disconnected end = connect_once(url, uniform(generator));
    const auto wait = end.retry_in;
    tell(std::move(end));
    lock.lock();
    changed.wait_for(lock, wait, [this] { return stopped; });
  }
}

Disconnected PushChannel::Shared::connect_once(const std::string& url, double random) {
  Connection connection(*this);
  StreamRequest request;
  request.url = url;
  request.bearer_token = target.token;
  StreamEnd end = transport->open(request, connection);
  const std::lock_guard lock(mutex);
  const auto wait = policy.ended({end.status, end.lived, end.retry_after}, std::chrono::steady_clock::now(), random);
  return {connection.was_open(), end.status, std::move(end.reason), url, wait};
}

bool PushChannel::Shared::tell(PushNews news) {
  const std::lock_guard lock(mutex);
  if (stopped) return false;
  if (const auto* message = std::get_if<PushMessage>(&news)) {
    ++stats.messages;
    if (std::holds_alternative<Malformed>(*message)) ++stats.malformed;
  }
  queue.add(std::move(news));
  post_delivery();
  return true;
}

// At most one delivery is under way, so that a flood of news is no flood of posts. Posting under the lock is what makes
// "nothing is posted after stop()" true.
void PushChannel::Shared::post_delivery() {
  if (stopped || delivery_posted || queue.empty()) return;
  delivery_posted = true;
  post([self = shared_from_this()] { self->deliver(); });
}

void PushChannel::Shared::deliver() {
  std::unique_lock lock(mutex);
  const std::deque<PushNews> batch = queue.take(news_per_turn);
  lock.unlock();
  for (const PushNews& news : batch) {
    if (stopped) return;  // perhaps by the callback before
    hand_out(news);
  }
  lock.lock();
  delivery_posted = false;
  post_delivery();
}

void PushChannel::Shared::hand_out(const PushNews& news) const {
  if (const auto* message = std::get_if<PushMessage>(&news)) {
    if (callbacks.message) callbacks.message(*message);
  } else if (const auto* disconnected = std::get_if<Disconnected>(&news)) {
    if (callbacks.disconnected) callbacks.disconnected(*disconnected);
  } else if (callbacks.connected) {
    callbacks.connected();
  }
}

PushChannel::PushChannel(PushTarget target, std::unique_ptr<StreamTransport> transport, Post post,
                         PushCallbacks callbacks, ReconnectTimes times)
    : shared_(std::make_shared<Shared>(std::move(target), std::move(transport), std::move(post), std::move(callbacks),
                                       times)) {}

PushChannel::~PushChannel() { stop(); }  // the thread is joined by its jthread

void PushChannel::start() {
  assert(!thread_.joinable());
  if (shared_->stopped) return;
  thread_ = start_quiet_thread("vf-push", [shared = shared_] { shared->run(); });
}

void PushChannel::offer_url(const std::string& offered_url) {
  std::string url = choose_push_url(shared_->target.base_url, offered_url);
  const std::lock_guard lock(shared_->mutex);
  shared_->policy.offer(std::move(url));
}

void PushChannel::stop() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopped = true;
  }
  shared_->changed.notify_all();
  shared_->transport->cancel();
}

PushStats PushChannel::stats() const {
  const std::lock_guard lock(shared_->mutex);
  PushStats stats = shared_->stats;
  stats.config_merged = shared_->queue.merged();
  stats.dropped = shared_->queue.dropped();
  return stats;
}

}  // namespace vf::push
