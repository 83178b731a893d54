// StreamTransport: what the push channel needs of HTTP, as a port. The agent implements it over its own HTTP client;
// tests implement it with a script.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace vf::push {

struct StreamRequest {
  std::string url;           ///< absolute; already known to be the control plane's own (choose_push_url)
  std::string bearer_token;  ///< sent as `Authorization: Bearer <token>`
  /// No byte for this long ends the stream. The server says something every 30 s: 75 s are two of those and some.
  std::chrono::milliseconds silence_timeout{75'000};
};

/// Hears one stream; called from within open(), on its thread.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  /// The answer is 200 and an event stream; bytes follow. Called at most once.
  virtual void on_open() = 0;
  /// false: end the stream.
  virtual bool on_bytes(std::string_view bytes) = 0;
};

/// How a stream ended; every stream does.
struct StreamEnd {
  int status = 0;      ///< HTTP status; 0: there was no answer
  std::string reason;  ///< for people, never empty
  std::optional<std::chrono::seconds> retry_after;
  std::chrono::milliseconds lived{0};  ///< since on_open; 0 where that was not called
};

class StreamTransport {
 public:
  virtual ~StreamTransport() = default;
  /// Blocks until the stream has ended. Called by one thread at a time.
  virtual StreamEnd open(const StreamRequest& request, StreamSink& sink) = 0;
  /// For good: the open() in progress returns at once, and so does every later one. Any thread, any number of times;
  /// does not block.
  virtual void cancel() = 0;
};

}  // namespace vf::push
