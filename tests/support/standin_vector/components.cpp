#include "tests/support/standin_vector/components.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>

#include "tests/support/standin_vector/http_server.h"
#include "tests/support/standin_vector/text.h"
#include "tests/support/standin_vector/vector_log.h"

namespace standin {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kMaxLine = 102400;       // max_length of a socket source
constexpr std::uint64_t kBytesPerEvent = 258;  // what an access log of demo_logs takes on average

/// A `socket` source in TCP mode. It reads connections to their end, also while it drains: that is what costs a real
/// Vector its 60 s, and what must not be lost.
class TcpSource final : public Source {
 public:
  TcpSource(asio::io_context& io, const Component& component) : Source(component, component.text), acceptor_(io) {}
  ~TcpSource() override {
    finish();
    for (const auto& connection : connections_) {
      error_code ignored;
      connection->socket.close(ignored);
    }
  }

  std::string start() override {
    const error_code error = listen_on(acceptor_, component().address);
    if (error) return rust_error(error);
    tcp::endpoint local = acceptor_.local_endpoint();
    vlog::info("vector::sources::util::net::tcp", "Listening.",
               "addr=" + local.address().to_string() + ":" + std::to_string(local.port()), vlog::Limit::yes,
               vlog::span("source", component().id, component().type));
    accept();
    return {};
  }

  void finish() override {
    error_code ignored;
    acceptor_.close(ignored);
    for (const auto& connection : connections_) connection->socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  [[nodiscard]] bool has_connections() const override { return !connections_.empty(); }
  [[nodiscard]] std::uint64_t events(double) const override { return events_; }
  [[nodiscard]] std::uint64_t bytes(double) const override { return bytes_; }

 private:
  struct Connection {
    explicit Connection(tcp::socket accepted) : socket(std::move(accepted)) {}
    tcp::socket socket;
    std::string pending;  ///< a line whose end has not come yet
    bool too_long = false;
  };

  void accept() {
    acceptor_.async_accept([this, alive = std::weak_ptr(alive_)](error_code error, tcp::socket socket) {
      if (alive.expired() || error == asio::error::operation_aborted) return;
      if (!error) {
        const auto connection = std::make_shared<Connection>(std::move(socket));
        connections_.insert(connection);
        read(connection);
      }
      if (acceptor_.is_open()) accept();
    });
  }

  void read(const std::shared_ptr<Connection>& connection) {
    // Waiting needs no buffer, so idle connections cost none.
    connection->socket.async_wait(tcp::socket::wait_read,
                                  [this, connection, alive = std::weak_ptr(alive_)](error_code error) {
                                    if (alive.expired() || error) return;
                                    static char buffer[65536];
                                    const auto size = connection->socket.read_some(asio::buffer(buffer), error);
                                    if (error) {
                                      // The last line needs no line break.
                                      if (!connection->pending.empty()) take_line(*connection, {});
                                      connections_.erase(connection);
                                      return;
                                    }
                                    split(*connection, {buffer, size});
                                    read(connection);
                                  });
  }

  void split(Connection& connection, std::string_view data) {
    for (auto end = data.find('\n'); end != std::string_view::npos; end = data.find('\n')) {
      take_line(connection, data.substr(0, end));
      data.remove_prefix(end + 1);
    }
    connection.pending.append(data);
    if (connection.pending.size() > kMaxLine) {
      connection.too_long = true;
      connection.pending.clear();
    }
  }

  void take_line(Connection& connection, std::string_view rest) {
    if (!connection.too_long) {
      ++events_;
      bytes_ += connection.pending.size() + rest.size() + 1;
      if (connection.pending.empty()) {
        deliver(rest);
      } else {
        connection.pending.append(rest);
        deliver(connection.pending);
      }
    }
    connection.pending.clear();
    connection.too_long = false;
  }

  std::shared_ptr<int> alive_ = std::make_shared<int>();  ///< handlers that are queued already may outlive this object
  tcp::acceptor acceptor_;
  std::set<std::shared_ptr<Connection>> connections_;
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
};

/// `demo_logs`. Where nothing writes its events they are not made: they are counted by the clock.
class DemoSource final : public Source {
 public:
  DemoSource(asio::io_context& io, const Component& component)
      : Source(component, component.text), timer_(io), started_(std::chrono::steady_clock::now()) {}

  void feed(std::vector<Route> routes) override {
    Source::feed(std::move(routes));
    if (!wanted() || ticking_) return;
    made_ = by_clock();
    schedule();
  }
  void finish() override {
    stopped_at_ = by_clock();
    finished_ = true;
    timer_.cancel();
  }
  [[nodiscard]] std::uint64_t events(double) const override { return finished_ ? stopped_at_ : by_clock(); }

 private:
  [[nodiscard]] std::uint64_t by_clock() const {
    const std::chrono::duration<double> age = std::chrono::steady_clock::now() - started_;
    const auto ticks = static_cast<std::uint64_t>(age.count() / std::max(component().interval_seconds, 1e-6));
    return std::min(ticks, component().count.value_or(ticks));
  }

  [[nodiscard]] bool wanted() const {
    return std::any_of(routes_.begin(), routes_.end(), [](const Route& route) { return !route.sink->discards(); });
  }

  void schedule() {
    ticking_ = wanted() && !(component().count && made_ >= *component().count);
    if (!ticking_) return;
    // Fast sources are woken 100 times a second at most, and catch up then.
    const double pause = std::max(component().interval_seconds, 0.01);
    timer_.expires_after(std::chrono::microseconds(static_cast<long long>(pause * 1e6)));
    timer_.async_wait([this, alive = std::weak_ptr(alive_)](error_code error) {
      if (alive.expired() || error || finished_) return;
      for (const auto due = by_clock(); made_ < due; ++made_) deliver(line());
      schedule();
    });
  }

  [[nodiscard]] std::string line() const {
    const auto& lines = component().lines;
    if (!lines.empty()) return lines[made_ % lines.size()];
    return "{\"host\":\"10.0.0." + std::to_string(made_ % 250) +
           "\",\"user-identifier\":\"standin\",\"method\":\"GET\"," +
           "\"request\":\"/observability/metrics/production\",\"protocol\":\"HTTP/1.1\",\"status\":\"200\",\"bytes\":" +
           std::to_string(1000 + made_ % 40000) + "}";
  }

  std::shared_ptr<int> alive_ = std::make_shared<int>();
  asio::steady_timer timer_;
  std::chrono::steady_clock::time_point started_;
  std::uint64_t made_ = 0;
  std::uint64_t stopped_at_ = 0;
  bool ticking_ = false;
  bool finished_ = false;
};

/// Every other source: nothing happens, the counters grow by the clock.
class ClockSource final : public Source {
 public:
  ClockSource(const Component& component, double events_per_second)
      : Source(component, component.text), events_per_second_(events_per_second) {}
  [[nodiscard]] std::uint64_t events(double uptime_seconds) const override {
    return static_cast<std::uint64_t>(uptime_seconds * events_per_second_);
  }

 private:
  double events_per_second_;
};

}  // namespace

Sink::Sink(const Component& component) : text_(component.text), codec_(component.codec) {
  if (component.type == "console") {
    descriptor_ = component.target == "stderr" ? STDERR_FILENO : STDOUT_FILENO;
    discards_ = false;
  } else if (component.type == "file") {
    descriptor_ = ::open(component.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    owns_descriptor_ = true;
    discards_ = false;
    if (descriptor_ < 0) {
      vlog::error("vector::internal_events::file", "Unable to open the file.", "path=" + component.path);
      discards_ = true;
    }
  }
}

Sink::~Sink() {
  if (owns_descriptor_ && descriptor_ >= 0) ::close(descriptor_);
}

void Sink::write(const LogEvent& event, const std::vector<std::pair<std::string, std::string>>& fields) {
  if (discards_) return;
  std::string line;
  if (codec_ == "json") {
    line = "{";
    for (const auto& [key, value] : fields) line += quote(key) + ":" + quote(value) + ",";
    line += "\"host\":\"localhost\",\"message\":" + quote(event.message) +
            ",\"source_type\":" + quote(event.source_type) + ",\"timestamp\":" + quote(timestamp()) + "}";
  } else {
    line = event.message;
  }
  line += '\n';
  write_all(descriptor_, line);
}

std::uint64_t Source::bytes(double uptime_seconds) const {
  return events(uptime_seconds) * kBytesPerEvent;
}

void Source::deliver(std::string_view message) {
  for (const auto& route : routes_) route.sink->write({message, component_.type}, route.fields);
}

std::unique_ptr<Source> make_source(asio::io_context& io, const Component& component, double events_per_second) {
  if (component.type == "socket" && component.mode == "tcp") return std::make_unique<TcpSource>(io, component);
  if (component.type == "demo_logs") return std::make_unique<DemoSource>(io, component);
  return std::make_unique<ClockSource>(component, events_per_second);
}

}  // namespace standin
