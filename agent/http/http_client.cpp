#include "agent/http/http_client.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>
#include <vector>

#include "agent/http/http_connection.h"
#include "agent/http/worker_pool.h"

namespace vf::agent {
namespace {

// The server closes idle connections after 5 s; one that is about to be closed is not used again.
constexpr std::chrono::milliseconds idle_limit{4500};

}  // namespace

struct HttpClient::Impl : std::enable_shared_from_this<HttpClient::Impl> {
  Impl(boost::asio::io_context& on, HttpSettings with, unsigned threads)
      : loop(on), settings(std::move(with)), workers("http", threads) {}

  /// One call, from send() to its answer. Loop's thread, but for `connection`'s own methods.
  struct Call {
    explicit Call(boost::asio::io_context& on) : deadline(on) {}
    boost::asio::steady_timer deadline;
    std::function<void(HttpResponse)> done;
    std::shared_ptr<HttpConnection> connection;
  };

  std::shared_ptr<HttpConnection> take_connection() {
    const auto fresh_since = std::chrono::steady_clock::now() - idle_limit;
    std::shared_ptr<HttpConnection> taken;
    if (!idle.empty()) {  // the one used last; its TLS set-up is kept even where its connection is not
      taken = std::move(idle.back());
      idle.pop_back();
      if (taken->last_used() < fresh_since) taken->cancel();
    }
    return taken ? taken : std::make_shared<HttpConnection>(settings);
  }

  void send(HttpRequest request, std::function<void(HttpResponse)> done) {
    auto call = std::make_shared<Call>(loop);
    call->done = std::move(done);
    call->connection = take_connection();
    calls.insert(call);
    // The worker keeps the deadline too, but not while it resolves a name or reads a head that drips.
    call->deadline.expires_after(request.deadline + std::chrono::milliseconds(100));
    call->deadline.async_wait([self = shared_from_this(), call](boost::system::error_code cancelled) {
      if (cancelled) return;
      call->connection->cancel();
      HttpResponse late;
      late.fault = HttpFault::timeout;
      late.error = "no answer in time";
      self->finish(call, std::move(late), false);
    });
    workers.submit([self = shared_from_this(), call, request = std::move(request)] {
      HttpResponse response = call->connection->perform(request);
      boost::asio::post(self->loop, [self, call, response = std::move(response)]() mutable {
        self->finish(call, std::move(response), true);
      });
    });
  }

  void finish(const std::shared_ptr<Call>& call, HttpResponse response, bool worker_is_done) {
    if (worker_is_done && !stopped) idle.push_back(call->connection);
    if (!call->done) return;
    calls.erase(call);
    call->deadline.cancel();
    const auto done = std::exchange(call->done, nullptr);
    if (!stopped) done(std::move(response));
  }

  void cancel_all() {
    stopped = true;
    idle.clear();
    for (const auto& call : calls) {
      call->deadline.cancel();
      call->connection->cancel_for_good();
    }
    calls.clear();
  }

  boost::asio::io_context& loop;
  const HttpSettings settings;
  std::vector<std::shared_ptr<HttpConnection>> idle;  // the last one was used last
  std::set<std::shared_ptr<Call>> calls;
  bool stopped = false;
  WorkerPool workers;  // last: its threads use what is above
};

HttpClient::HttpClient(boost::asio::io_context& loop, HttpSettings settings, unsigned threads)
    : impl_(std::make_shared<Impl>(loop, std::move(settings), threads)) {}

HttpClient::~HttpClient() {
  impl_->cancel_all();
  impl_->workers.stop();
}

void HttpClient::send(HttpRequest request, std::function<void(HttpResponse)> done) {
  if (!impl_->stopped) impl_->send(std::move(request), std::move(done));
}

void HttpClient::cancel_all() { impl_->cancel_all(); }

}  // namespace vf::agent
