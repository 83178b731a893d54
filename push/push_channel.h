// PushChannel: keeps the push stream open from start() to stop(), and tells the loop what it says.
//
// One thread of its own blocks in the transport; everything it has to tell is posted to the loop. A channel lives once:
// where the token or VF_URL changes, stop it and make another. start(), offer_url() and stop() belong to the loop's
// thread, and so do the callbacks; stats() may be called from anywhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "push/push_queue.h"
#include "push/reconnect_policy.h"
#include "push/stream_transport.h"

namespace vf::push {

struct PushTarget {
  std::string base_url;     ///< VF_URL
  std::string offered_url;  ///< the config response's `pushUrl`; may be "" or spoiled (choose_push_url)
  std::string token;        ///< the node token
};

/// Called on the loop's thread, in the order things happened, never after stop().
struct PushCallbacks {
  std::function<void()> connected;
  std::function<void(const PushMessage&)> message;
  std::function<void(const Disconnected&)> disconnected;  ///< also for an attempt that never got as far as `connected`
};

/// Counted since the channel was made.
struct PushStats {
  std::uint64_t reconnects = 0;  ///< connections tried after the first one
  std::uint64_t messages = 0;    ///< events decoded, the malformed ones included
  std::uint64_t malformed = 0;
  std::uint64_t oversized = 0;      ///< events beyond 1 MiB, skipped
  std::uint64_t config_merged = 0;  ///< config_changed that repeated one the loop had not taken yet
  std::uint64_t dropped = 0;        ///< messages for which the queue to the loop had no room
};

class PushChannel {
 public:
  /// Runs a function on the loop's thread, later: never from within the call itself, and never blocking it.
  using Post = std::function<void(std::function<void()>)>;

  PushChannel(PushTarget target, std::unique_ptr<StreamTransport> transport, Post post, PushCallbacks callbacks,
              ReconnectTimes times = {});
  /// stop(), then waits for the thread, whose transport was cancelled.
  ~PushChannel();
  PushChannel(const PushChannel&) = delete;
  PushChannel& operator=(const PushChannel&) = delete;

  void start();
  /// What the last poll handed out; followed with the next reconnect. A live stream is left alone.
  void offer_url(const std::string& offered_url);
  /// Ends the stream without waiting for it. No callback runs afterwards and nothing more is posted.
  void stop();

  [[nodiscard]] PushStats stats() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // outlives the channel as long as the thread or a posted function needs it
  std::jthread thread_;
};

}  // namespace vf::push
