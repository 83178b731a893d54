#include "push/push_channel.h"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace vf::push {
namespace {

using namespace std::chrono_literals;

// The loop: runs on the test's thread what was posted, when the test says so.
class Loop {
 public:
  PushChannel::Post post() {
    return [this](std::function<void()> run) {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(run));
      ++posts_;
      changed_.notify_all();
    };
  }

  template <typename Predicate>
  bool run_until(Predicate done) {
    while (!done()) {
      if (!wait_for_post()) return false;
      run_one();
    }
    return true;
  }

  bool wait_for_post() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [this] { return !posted_.empty(); });
  }

  void run_one() {
    std::unique_lock lock(mutex_);
    if (posted_.empty()) return;
    auto run = std::move(posted_.front());
    posted_.pop_front();
    lock.unlock();
    run();
  }

  std::size_t posts() {
    const std::lock_guard lock(mutex_);
    return posts_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> posted_;
  std::size_t posts_ = 0;
};

// Plays one script after the other; when there is none left a connection stays open, silent, until it is cancelled.
class ScriptedTransport final : public StreamTransport {
 public:
  using Script = std::function<StreamEnd(StreamSink&)>;
  struct Record {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Script> scripts;
    std::vector<StreamRequest> requests;
    bool cancelled = false;
    bool released = false;  // for the script that ignores cancel()
    bool returned = false;

    void wait_for_requests(std::size_t count) {
      std::unique_lock lock(mutex);
      REQUIRE(changed.wait_for(lock, 10s, [&] { return requests.size() >= count; }));
    }
  };

  explicit ScriptedTransport(std::shared_ptr<Record> record) : record_(std::move(record)) {}

  StreamEnd open(const StreamRequest& request, StreamSink& sink) override {
    std::unique_lock lock(record_->mutex);
    record_->requests.push_back(request);
    record_->changed.notify_all();
    if (!record_->scripts.empty()) {
      const Script script = std::move(record_->scripts.front());
      record_->scripts.pop_front();
      lock.unlock();
      return script(sink);
    }
    record_->changed.wait(lock, [this] { return record_->cancelled; });
    return {0, "cancelled", {}, {}};
  }

  void cancel() override {
    const std::lock_guard lock(record_->mutex);
    record_->cancelled = true;
    record_->changed.notify_all();
  }

 private:
  const std::shared_ptr<Record> record_;
};

StreamEnd closed(StreamSink&) {
  return {0, "closed", {}, {}};
}

struct Fixture {
  Fixture() {
    times.first_wait = 1ms;
    times.longest_wait = 1ms;
  }

  void start(std::deque<ScriptedTransport::Script> scripts, std::string offered = "") {
    record->scripts = std::move(scripts);
    PushCallbacks callbacks;
    callbacks.connected = [this] { told.emplace_back("connected"); };
    callbacks.disconnected = [this](const Disconnected& end) { told.push_back("disconnected: " + end.reason); };
    callbacks.message = [this](const PushMessage& message) {
      const auto* changed = std::get_if<ConfigChanged>(&message);
      const auto* tap = std::get_if<TapStop>(&message);
      told.push_back(changed ? "changed " + changed->pipeline_id : tap ? "stop " + tap->request_id : "other");
      if (on_message) on_message();
    };
    channel.emplace(PushTarget{"http://cp", std::move(offered), "secret"}, std::make_unique<ScriptedTransport>(record),
                    loop.post(), std::move(callbacks), times);
    channel->start();
  }

  bool told_are(const std::vector<std::string>& expected) {
    return loop.run_until([&] { return told.size() >= expected.size(); }) && told == expected;
  }

  Loop loop;
  ReconnectTimes times;
  std::shared_ptr<ScriptedTransport::Record> record = std::make_shared<ScriptedTransport::Record>();
  std::vector<std::string> told;
  std::function<void()> on_message;
  std::optional<PushChannel> channel;
};

std::string event(const std::string& json) {
  return "event: x\ndata: " + json + "\n\n";
}
std::string changed_event(const std::string& id) {
  return event(R"({"type":"config_changed","pipelineId":")" + id + "\"}");
}

}  // namespace

TEST_CASE_METHOD(Fixture, "connected, messages and disconnected are told on the loop, in their order") {
  start({[](StreamSink& sink) -> StreamEnd {
    sink.on_open();
    const std::string bytes = ": connected\n\n" + changed_event("a") + event(R"({"type":"tap_stop","requestId":"r"})");
    for (const char byte : bytes) sink.on_bytes({&byte, 1});
    return {200, "the server closed it", {}, 1s};
  }});
  CHECK(told_are({"connected", "changed a", "stop r", "disconnected: the server closed it"}));
  CHECK(channel->stats().messages == 2);
}

TEST_CASE_METHOD(Fixture, "nothing is told but on the loop") {
  start({[](StreamSink& sink) -> StreamEnd {
    sink.on_open();
    sink.on_bytes(changed_event("a"));
    return {200, "end", {}, {}};
  }});
  record->wait_for_requests(2);
  CHECK(told.empty());
  CHECK(told_are({"connected", "changed a", "disconnected: end"}));
}

TEST_CASE_METHOD(Fixture, "an ended stream is opened again, and counted") {
  start({closed, closed});
  record->wait_for_requests(3);
  CHECK(channel->stats().reconnects == 2);
}

TEST_CASE_METHOD(Fixture, "the token goes to the offered URL of our own origin, asking for 75 s of silence at most") {
  start({}, "http://cp:80/stream");
  record->wait_for_requests(1);
  CHECK(record->requests[0].url == "http://cp/stream");
  CHECK(record->requests[0].bearer_token == "secret");
  CHECK(record->requests[0].silence_timeout == 75s);
}

TEST_CASE_METHOD(Fixture, "a foreign offered URL never sees a connection") {
  start({closed, closed, closed, closed}, "http://evil/stream");
  record->wait_for_requests(5);
  for (const auto& request : record->requests) CHECK(request.url == "http://cp/api/agent/push");
}

TEST_CASE_METHOD(Fixture, "after three failures the fallback URL is tried, and an offered URL is followed") {
  start({closed, closed, closed}, "http://cp/stream");
  record->wait_for_requests(4);
  CHECK(record->requests[2].url == "http://cp/stream");
  CHECK(record->requests[3].url == "http://cp/api/agent/push");
}

TEST_CASE_METHOD(Fixture, "an URL offered later is followed with the next connection") {
  std::mutex gate;
  gate.lock();
  start({[&](StreamSink&) -> StreamEnd {
    const std::lock_guard passed(gate);
    return {0, "closed", {}, {}};
  }});
  record->wait_for_requests(1);
  channel->offer_url("http://cp/new");
  gate.unlock();
  record->wait_for_requests(2);
  CHECK(record->requests[1].url == "http://cp/new");
}

TEST_CASE_METHOD(Fixture, "a flood of config_changed costs the loop one post and one callback") {
  start({[](StreamSink& sink) -> StreamEnd {
    for (int i = 0; i < 5000; ++i) sink.on_bytes(changed_event("a"));
    sink.on_bytes(changed_event("b"));
    return {200, "end", {}, {}};
  }});
  record->wait_for_requests(2);
  CHECK(loop.posts() == 1);
  CHECK(told_are({"changed a", "changed b", "disconnected: end"}));
  CHECK(channel->stats().config_merged == 4999);
  CHECK(channel->stats().dropped == 0);
}

TEST_CASE_METHOD(Fixture,
                 "messages beyond the queue's bound are dropped and counted, and the loop gets turns in between") {
  start({[](StreamSink& sink) -> StreamEnd {
    for (int i = 0; i < 300; ++i)
      sink.on_bytes(event(R"({"type":"tap_stop","requestId":")" + std::to_string(i) + "\"}"));
    return {200, "end", {}, {}};
  }});
  record->wait_for_requests(2);
  REQUIRE(loop.wait_for_post());
  loop.run_one();
  CHECK(told.size() == 32);
  CHECK(loop.run_until([&] { return told.size() == 257; }));
  CHECK(told.back() == "disconnected: end");
  CHECK(channel->stats().dropped == 44);
}

TEST_CASE_METHOD(Fixture, "malformed and oversized events are counted") {
  start({[](StreamSink& sink) -> StreamEnd {
    sink.on_bytes(event("nonsense"));
    sink.on_bytes(event(std::string(2 << 20, 'x')));
    return {200, "end", {}, {}};
  }});
  CHECK(told_are({"other", "disconnected: end"}));
  CHECK(channel->stats().malformed == 1);
  CHECK(channel->stats().oversized == 1);
}

TEST_CASE_METHOD(Fixture, "stop() in a callback is the last thing that is heard, and ends the stream") {
  bool still_wanted = true;
  start({[&](StreamSink& sink) -> StreamEnd {
    sink.on_bytes(changed_event("a") + changed_event("b"));
    std::unique_lock lock(record->mutex);
    record->changed.wait(lock, [this] { return record->cancelled; });
    lock.unlock();
    still_wanted = sink.on_bytes(changed_event("c"));
    return {0, "cancelled", {}, {}};
  }});
  on_message = [this] { channel->stop(); };
  REQUIRE(loop.run_until([&] { return !told.empty(); }));
  channel.reset();
  const std::size_t posts = loop.posts();
  for (int i = 0; i < 10; ++i) loop.run_one();
  CHECK(told == std::vector<std::string>{"changed a"});
  CHECK_FALSE(still_wanted);
  CHECK(loop.posts() == posts);
}

TEST_CASE_METHOD(Fixture, "what was posted before stop() says nothing after it, even when the channel is gone") {
  start({[](StreamSink& sink) -> StreamEnd {
    sink.on_open();
    return {200, "end", {}, {}};
  }});
  REQUIRE(loop.wait_for_post());
  channel->stop();
  channel.reset();
  loop.run_one();
  CHECK(told.empty());
}

TEST_CASE_METHOD(Fixture, "stop() ends a wait between two connections") {
  times.first_wait = times.longest_wait = 1h;
  start({closed});
  CHECK(told_are({"disconnected: closed"}));
  const auto begin = std::chrono::steady_clock::now();
  channel.reset();
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
}

}  // namespace vf::push
