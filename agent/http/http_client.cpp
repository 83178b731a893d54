#include "agent/http/http_client.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <mutex>
#include <utility>

#include "agent/http/connection_shelf.h"
#include "agent/http/http_connection.h"
#include "agent/http/worker_pool.h"

namespace vf::agent {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// The worker keeps the deadline itself, and knows what it was waiting for; the timer only answers for one that does
// not.
constexpr milliseconds grace{250};

HttpResponse failed(HttpFault fault, const char* words) {
  HttpResponse response;
  response.fault = fault;
  response.error = words;
  return response;
}

// One request's way through a worker: how the loop reaches the connection that carries it.
class Flight {
 public:
  // The worker's, before it uses the connection. false: nobody wants the answer any more.
  bool take_off(HttpConnection& connection) {
    const std::lock_guard lock(mutex_);
    if (!over_) connection_ = &connection;
    return !over_;
  }
  // The worker's, before it lets go of the connection. false: cancelled meanwhile, so the connection is spent.
  bool land() {
    const std::lock_guard lock(mutex_);
    connection_ = nullptr;
    return !over_;
  }
  // The loop's.
  void cancel() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    if (connection_) connection_->cancel();
  }

 private:
  std::mutex mutex_;
  bool over_ = false;
  HttpConnection* connection_ = nullptr;
};

}  // namespace

class HttpClient::Impl : public std::enable_shared_from_this<HttpClient::Impl> {
 public:
  Impl(asio::io_context& loop, HttpSettings settings, unsigned threads)
      : loop_(loop), settings_(std::move(settings)), tls_(make_tls_context(settings_)), workers_("vf-http", threads) {}

  void send(HttpRequest request, Done done);
  void cancel_all();
  void stop();
  [[nodiscard]] std::size_t pending() const { return pending_.size(); }
  [[nodiscard]] const std::shared_ptr<TlsContext>& tls() const { return tls_; }

 private:
  struct Pending {
    Done done;
    asio::steady_timer timer;  // also what keeps the loop running until there is an answer
    std::shared_ptr<Flight> flight;
  };
  using Id = std::uint64_t;  // never used twice: what comes late finds nobody

  void run(Id id, HttpRequest request, Clock::time_point deadline, Flight& flight);  // on a worker
  void finish(Id id, HttpResponse response);
  void post(Done done, HttpResponse response);

  asio::io_context& loop_;
  const HttpSettings settings_;
  const std::shared_ptr<TlsContext> tls_;
  std::map<Id, Pending> pending_;
  Id last_id_ = 0;
  bool stopped_ = false;
  ConnectionShelf<HttpConnection> shelf_;
  WorkerPool workers_;  // last: joined before anything that its jobs use goes
};

void HttpClient::Impl::send(HttpRequest request, Done done) {
  if (stopped_) return post(std::move(done), failed(HttpFault::cancelled, "cancelled"));
  const Id id = ++last_id_;
  const auto deadline = Clock::now() + request.deadline;
  const auto flight = std::make_shared<Flight>();
  auto& pending = pending_.try_emplace(id, Pending{std::move(done), asio::steady_timer(loop_), flight}).first->second;
  pending.timer.expires_at(deadline + grace);
  pending.timer.async_wait([weak = weak_from_this(), id, flight](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    flight->cancel();
    self->finish(id, failed(HttpFault::timeout, "there was no answer: the time was up"));
  });
  workers_.submit([this, id, deadline, flight, request = std::move(request)]() mutable {
    run(id, std::move(request), deadline, *flight);
  });
}

void HttpClient::Impl::run(Id id, HttpRequest request, Clock::time_point deadline, Flight& flight) {
  auto connection = shelf_.take(Clock::now());
  if (!connection) connection = std::make_unique<HttpConnection>(settings_, tls_);
  if (!flight.take_off(*connection)) return;
  request.deadline = std::chrono::floor<milliseconds>(deadline - Clock::now());
  HttpResponse response = connection->perform(request);
  if (!flight.land()) return;
  // Before the answer is told: who sends again from within `done` finds the connection on the shelf.
  if (connection->is_open()) shelf_.put(std::move(connection), Clock::now());
  asio::post(loop_, [weak = weak_from_this(), id, response = std::move(response)]() mutable {
    if (const auto self = weak.lock()) self->finish(id, std::move(response));
  });
}

void HttpClient::Impl::finish(Id id, HttpResponse response) {
  auto node = pending_.extract(id);
  if (node) node.mapped().done(std::move(response));
}

void HttpClient::Impl::cancel_all() {
  for (auto& [id, pending] : std::exchange(pending_, {})) {
    pending.flight->cancel();
    post(std::move(pending.done), failed(HttpFault::cancelled, "cancelled"));
  }
}

void HttpClient::Impl::stop() {
  stopped_ = true;
  cancel_all();
}

void HttpClient::Impl::post(Done done, HttpResponse response) {
  asio::post(loop_, [done = std::move(done), response = std::move(response)]() mutable { done(std::move(response)); });
}

HttpClient::HttpClient(asio::io_context& loop, HttpSettings settings, unsigned threads)
    : impl_(std::make_shared<Impl>(loop, std::move(settings), threads)) {}

HttpClient::~HttpClient() {
  impl_->stop();
}

void HttpClient::send(HttpRequest request, Done done) {
  impl_->send(std::move(request), std::move(done));
}

void HttpClient::cancel_all() {
  impl_->cancel_all();
}

void HttpClient::stop() {
  impl_->stop();
}

std::size_t HttpClient::pending() const {
  return impl_->pending();
}

std::shared_ptr<TlsContext> HttpClient::tls() const {
  return impl_->tls();
}

}  // namespace vf::agent
