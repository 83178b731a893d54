// HttpClient: calls to the control plane, asynchronous for the loop. Each call runs on a worker over a connection of
// its own; a connection that has just been used is used again first, so that calls made back to back share one, and a
// stuck call never delays another.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "agent/http/http_message.h"

namespace vf::agent {

class HttpClient {
 public:
  /// At most `threads` calls run at a time; more wait their turn.
  HttpClient(boost::asio::io_context& loop, HttpSettings settings, unsigned threads = 3);
  /// cancel_all(), and waits for the workers: not for servers, but for a name that is being resolved.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// `done` is called on the loop, once, at the deadline at the latest; not after cancel_all().
  void send(HttpRequest request, std::function<void(HttpResponse)> done);

  /// Ends everything under way, for good. Nothing more is told.
  void cancel_all();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vf::agent
