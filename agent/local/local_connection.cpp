#include "agent/local/local_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>

namespace vf::agent {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::size_t longest_head = 16 << 10;
constexpr std::size_t longest_body = 64 << 10;
constexpr std::size_t batch_bytes = 64 << 10;
constexpr std::size_t most_unasked = 128 << 10;  // that a client may say while it is answered
constexpr std::string_view chunk_head = "00000000\r\n";

/// All fields of a name: two hosts are none that is allowed.
std::string field(const http::request<http::string_body>& asked, http::field name) {
  std::string text;
  const auto [begin, end] = asked.equal_range(name);
  for (auto one = begin; one != end; ++one) {
    if (one != begin) text += ", ";
    text.append(one->value().data(), one->value().size());
  }
  return text;
}

std::string head_of(const LocalAnswer& answer, bool chunked) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(answer.status));
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " " + std::string(reason.data(), reason.size());
  const auto add = [&head](std::string_view name, std::string_view value) {
    head.append("\r\n").append(name).append(": ").append(value);
  };
  add("Content-Type", answer.content_type);
  if (!answer.stream)
    add("Content-Length", std::to_string(answer.body.size()));
  else if (chunked)
    add("Transfer-Encoding", "chunked");
  add("Connection", "close");
  add("Cache-Control", "no-store");
  add("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.headers) add(name, value);
  return head + "\r\n\r\n";
}

}  // namespace

struct LocalConnection::Reading {
  beast::flat_buffer buffer;
  http::request_parser<http::string_body> parser;
};

LocalConnection::LocalConnection(Socket socket, const LocalLimits& limits, Owner& owner)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), limits_(limits), owner_(&owner) {}

LocalConnection::~LocalConnection() = default;

void LocalConnection::start() {
  reading_ = std::make_unique<Reading>();
  reading_->parser.header_limit(longest_head);
  reading_->parser.body_limit(longest_body);
  expect_within(limits_.request);
  http::async_read(socket_, reading_->buffer, reading_->parser,
                   [self = shared_from_this()](beast::error_code failed, std::size_t) {
                     const bool ended = failed == http::error::end_of_stream || failed == http::error::partial_message;
                     const bool said = failed.category() == make_error_code(http::error::bad_target).category();
                     self->on_read(!failed, said && !ended);
                   });
}

void LocalConnection::on_read(bool whole, bool nonsense) {
  if (owner_ == nullptr) return;
  if (!whole && !nonsense) return close();
  // An asynchronous handler must not find it gone, and need not find it there.
  const Respond respond = [self = shared_from_this()](LocalAnswer answer) { self->respond(std::move(answer)); };
  has_said_more_ = nonsense;
  if (nonsense) return respond(error_answer(400, "this is no HTTP request that the agent understands"));
  const auto& asked = reading_->parser.get();
  LocalRequest request = read_target({asked.method_string().data(), asked.method_string().size()},
                                     {asked.target().data(), asked.target().size()});
  request.host = field(asked, http::field::host);
  request.origin = field(asked, http::field::origin);
  request.authorization = field(asked, http::field::authorization);
  chunked_ = asked.version() >= 11;
  reading_.reset();
  expect_within(limits_.handler);
  owner_->handle(std::move(request), respond);
}

void LocalConnection::respond(LocalAnswer answer) {
  if (owner_ == nullptr || std::exchange(answered_, true)) return;
  if (answer.stream && !(viewer_ = owner_->take_viewer_place()))
    answer = error_answer(503, "there are " + std::to_string(limits_.viewers) +
                                   " viewers of logs and taps already: end one of them first");
  out_ = head_of(answer, chunked_) + answer.body;
  stream_ = std::move(answer.stream);
  if (stream_) {
    watch_for_end();
    stream_->start([alive = weak_from_this()] {
      if (const auto self = alive.lock()) self->wake();
    });
  }
  write();
}

/// What is in out_, however often the socket must be asked.
void LocalConnection::write() {
  writing_ = true;
  expect_within(viewer_ ? limits_.stuck_viewer : limits_.answer);
  socket_.async_write_some(boost::asio::buffer(out_.data() + sent_, out_.size() - sent_),
                           [self = shared_from_this()](boost::system::error_code failed, std::size_t sent) {
                             if (self->owner_ == nullptr) return;
                             if (failed) return self->close();
                             self->sent_ += sent;
                             if (self->sent_ < self->out_.size()) return self->write();
                             self->on_written();
                           });
}

void LocalConnection::on_written() {
  writing_ = false;
  sent_ = 0;
  out_.clear();
  if (stream_) return pump();
  say_goodbye();
}

void LocalConnection::pump() {
  if (owner_ == nullptr || !stream_ || writing_) return;
  if (chunked_) out_ = chunk_head;
  const std::size_t begin = out_.size();
  const bool more = stream_->read(out_, batch_bytes);
  if (out_.size() == begin) {
    out_.clear();
  } else if (chunked_) {
    char size[17];  // the compiler counts digits that no batch has
    std::snprintf(size, sizeof size, "%08zx", out_.size() - begin);
    out_.replace(0, 8, size);
    out_ += "\r\n";
  }
  if (!more) {
    stream_.reset();
    if (chunked_) out_ += "0\r\n\r\n";
  }
  if (!out_.empty()) return write();
  if (!more) return say_goodbye();
  // The room of a flood that is over is not kept by a viewer that waits.
  if (out_.capacity() > batch_bytes / 4) std::string().swap(out_);
  timer_.expires_after(limits_.quiet);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
    if (!cancelled && self->is_due()) self->say_alive();
  });
}

/// Once a turn of the loop, however often it is called in it.
void LocalConnection::wake() {
  if (owner_ == nullptr || writing_ || std::exchange(waking_, true)) return;
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->waking_ = false;
    self->pump();
  });
}

void LocalConnection::say_alive() {
  if (owner_ == nullptr || writing_ || !stream_) return;
  out_ = chunked_ ? "1\r\n\n\r\n" : "\n";
  write();
}

/// A viewer that goes is noticed though nothing is sent to it.
void LocalConnection::watch_for_end() {
  socket_.async_read_some(boost::asio::buffer(heard_),
                          [self = shared_from_this()](boost::system::error_code failed, std::size_t size) {
                            if (self->owner_ == nullptr) return;
                            self->unasked_ += size;
                            if (failed || self->unasked_ > most_unasked) return self->close();
                            self->watch_for_end();
                          });
}

/// Closed at once, a client that has said more than was read could lose the answer.
void LocalConnection::say_goodbye() {
  if (!has_said_more_) return close();
  boost::system::error_code failed;
  socket_.shutdown(Socket::shutdown_send, failed);
  if (failed) return close();
  expect_within(limits_.goodbye);
  watch_for_end();
}

/// A timer's handler may be on its way while the timer is set anew.
bool LocalConnection::is_due() const {
  return timer_.expiry() <= std::chrono::steady_clock::now();
}

void LocalConnection::expect_within(std::chrono::milliseconds time) {
  timer_.expires_after(time);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
    if (!cancelled && self->is_due()) self->close();
  });
}

void LocalConnection::close() {
  Owner* const owner = std::exchange(owner_, nullptr);
  if (owner == nullptr) return;
  timer_.cancel();
  boost::system::error_code ignored;  // it is closed either way
  socket_.close(ignored);
  stream_.reset();
  owner->on_gone(shared_from_this(), viewer_);
}

}  // namespace vf::agent
