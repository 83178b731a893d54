// HttpClient: asynchronous HTTP to one server for the loop. Everything here belongs to the loop's thread.
//
// Requests run on a few workers, each on a connection of its own; a connection at rest for less than 4.5 s is used
// again, the last one first, so that a poll and the heartbeat after it share one. While a request is stuck others go
// on, up to `threads` at a time; the rest wait their turn, in order.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "agent/http/http_message.h"

namespace vf::agent {

class TlsContext;

class HttpClient {
 public:
  using Done = std::function<void(HttpResponse)>;

  /// `loop` outlives the client.
  HttpClient(boost::asio::io_context& loop, HttpSettings settings, unsigned threads = 3);
  /// stop(), then waits for the workers, whose connections were cancelled: a matter of milliseconds.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// `done` is called on the loop, once, and never from within send(). The request's deadline counts from here, waiting
  /// for a worker included, and is kept by a timer of the loop even where the worker should not keep it.
  void send(HttpRequest request, Done done);

  /// Answers every request that is under way with status 0 and "cancelled", on the loop, and ends it.
  void cancel_all();

  /// cancel_all(), and from now on every send() is answered that way too. The answers still reach their `done`, even
  /// when the client is gone by then; after them nothing of the client keeps the loop running.
  void stop();

  /// Requests without an answer yet.
  [[nodiscard]] std::size_t pending() const;

  /// To be shared with other connections made with the same settings (the push stream's).
  [[nodiscard]] std::shared_ptr<TlsContext> tls() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vf::agent
