#include "agent/http/http_client.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <set>
#include <vector>

#include "agent/http/http_connection.h"
#include "agent/http/worker_pool.h"

namespace vf::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The server closes idle connections after 5 s; one that is about to be closed is not used again.
constexpr milliseconds idle_limit{4500};

}  // namespace

struct HttpClient::Impl : std::enable_shared_from_this<HttpClient::Impl> {
  Impl(boost::asio::io_context& on, HttpSettings with, unsigned threads)
      : loop(on), settings(std::move(with)), workers("http", threads) {}

  /// One call, from send() to its answer.
  struct Call {
    explicit Call(boost::asio::io_context& on) : timer(on) {}

    // The loop's.
    boost::asio::steady_timer timer;
    std::function<void(HttpResponse)> done;

    // Any thread's. The connection is here only while the call runs over it, so that a late end meets no other call.
    std::mutex mutex;
    std::shared_ptr<HttpConnection> connection;
    bool over = false;

    /// What runs is cancelled, what waits is not begun.
    void end() {
      const std::lock_guard lock(mutex);
      over = true;
      if (connection) connection->cancel();
    }
    /// false: it is over.
    bool begin(const std::shared_ptr<HttpConnection>& with) {
      const std::lock_guard lock(mutex);
      if (!over) connection = with;
      return !over;
    }
    /// true: nobody has cancelled the connection.
    bool leave() {
      const std::lock_guard lock(mutex);
      connection = nullptr;
      return !over;
    }
  };

  void send(HttpRequest request, std::function<void(HttpResponse)> done) {
    auto call = std::make_shared<Call>(loop);
    call->done = std::move(done);
    calls.insert(call);
    const auto sent = steady_clock::now();
    // The worker keeps the deadline too, but not while it resolves a name or a TLS handshake drips.
    call->timer.expires_after(request.deadline + milliseconds(100));
    call->timer.async_wait([self = shared_from_this(), call](boost::system::error_code cancelled) {
      if (cancelled || !call->done) return;
      call->end();
      HttpResponse late;
      late.fault = HttpFault::timeout;
      late.error = "no answer in time";
      self->finish(call, std::move(late));
    });
    workers.submit([self = shared_from_this(), call, sent, request = std::move(request)]() mutable {
      request.deadline -= std::chrono::duration_cast<milliseconds>(steady_clock::now() - sent);
      if (request.deadline <= milliseconds(0)) return;  // the timer says so
      std::shared_ptr<HttpConnection> connection = self->take_connection();
      if (!call->begin(connection)) return self->give_back(std::move(connection));
      HttpResponse response = connection->perform(request);
      if (call->leave()) self->give_back(std::move(connection));
      boost::asio::post(self->loop, [self, call, response = std::move(response)]() mutable {
        self->finish(call, std::move(response));
      });
    });
  }

  /// A worker's: there are never more connections than workers.
  std::shared_ptr<HttpConnection> take_connection() {
    std::shared_ptr<HttpConnection> taken;
    {
      const std::lock_guard lock(idle_mutex);
      if (!idle.empty()) {
        taken = std::move(idle.back());
        idle.pop_back();
      }
    }
    if (!taken) return std::make_shared<HttpConnection>(settings);
    taken->close_if_idle_for(idle_limit);  // its TLS set-up is kept
    return taken;
  }

  void give_back(std::shared_ptr<HttpConnection> connection) {
    const std::lock_guard lock(idle_mutex);
    idle.push_back(std::move(connection));
  }

  void finish(const std::shared_ptr<Call>& call, HttpResponse response) {
    if (!call->done) return;
    calls.erase(call);
    call->timer.cancel();
    const auto done = std::exchange(call->done, nullptr);
    done(std::move(response));
  }

  void cancel_all() {
    stopped = true;
    for (const auto& call : std::exchange(calls, {})) {
      call->timer.cancel();
      call->end();
      call->done = nullptr;
    }
  }

  boost::asio::io_context& loop;
  const HttpSettings settings;
  std::set<std::shared_ptr<Call>> calls;
  bool stopped = false;
  std::mutex idle_mutex;
  std::vector<std::shared_ptr<HttpConnection>> idle;  // the one used last is the last
  WorkerPool workers;                                 // last: its threads use what is above
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

void HttpClient::cancel_all() {
  impl_->cancel_all();
}

}  // namespace vf::agent
