#include "agent/http/http_codec.h"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "agent/http/retry_after.h"

namespace vf::agent {
namespace {

constexpr std::size_t max_first_line = 1024;  // httplib matches it with std::regex, which recurses for every byte
constexpr std::size_t max_without_content = std::size_t{64} << 10;

// What httplib reads from and writes to. Buffered, for httplib reads heads byte by byte.
class WireStream final : public httplib::Stream {
 public:
  WireStream(Wire& wire, const IoLimits& limits) : wire_(wire), limits_(limits) {}

  ssize_t read(char* into, std::size_t size) override {
    if (begin_ == end_ && !fill()) return ended_ ? 0 : -1;
    const std::size_t count = std::min(size, end_ - begin_);
    if (!within_limits(count)) return -1;
    std::copy_n(buffer_.data() + begin_, count, into);
    remember_tail({buffer_.data() + begin_, count});
    begin_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, std::size_t size) override {
    if (peer_stopped_reading_ || wire_.write({from, size}, limits_)) return static_cast<ssize_t>(size);
    if (wire_.failure().fault != HttpFault::closed) {
      failure_ = wire_.failure();
      return -1;
    }
    // It may have answered (413, say) before it closed: let the reading side find that answer, or the failure.
    peer_stopped_reading_ = true;
    return static_cast<ssize_t>(size);
  }

  [[nodiscard]] bool is_readable() const override { return true; }
  [[nodiscard]] bool is_writable() const override { return true; }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  [[nodiscard]] socket_t socket() const override { return INVALID_SOCKET; }

  void head_is_over(const IoLimits& limits) { limits_ = limits; }
  void content_came() { without_content_ = 0; }

  [[nodiscard]] bool heard_nothing() const { return heard_ == 0; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool has_unread() const { return begin_ != end_; }
  [[nodiscard]] bool peer_stopped_reading() const { return peer_stopped_reading_; }
  [[nodiscard]] bool last_line_was_empty() const { return tail_ == std::array{'\r', '\n', '\r', '\n'}; }
  [[nodiscard]] const std::optional<HttpFailure>& failure() const { return failure_; }

 private:
  bool fill() {
    if (ended_ || failure_) return false;
    const std::ptrdiff_t count = wire_.read(buffer_.data(), buffer_.size(), limits_);
    if (count == 0) ended_ = true;
    if (count < 0) failure_ = wire_.failure();
    if (count <= 0) return false;
    begin_ = 0;
    end_ = static_cast<std::size_t>(count);
    heard_ += end_;
    return true;
  }

  bool within_limits(std::size_t count) {
    if (in_first_line_) in_first_line_ = buffer_[begin_] != '\n';
    without_content_ += count;
    if (without_content_ <= (in_first_line_ ? max_first_line : max_without_content)) return true;
    failure_ = HttpFailure{HttpFault::protocol, in_first_line_ ? "its first line is too long" : "its head is too long"};
    return false;
  }

  void remember_tail(std::string_view bytes) {
    if (bytes.size() > tail_.size()) bytes.remove_prefix(bytes.size() - tail_.size());
    std::rotate(tail_.begin(), tail_.begin() + static_cast<std::ptrdiff_t>(bytes.size()), tail_.end());
    std::copy(bytes.begin(), bytes.end(), tail_.end() - static_cast<std::ptrdiff_t>(bytes.size()));
  }

  Wire& wire_;
  IoLimits limits_;
  std::array<char, std::size_t{32} << 10> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t heard_ = 0;
  std::size_t without_content_ = 0;
  std::array<char, 4> tail_{};  // the last bytes that httplib took
  bool in_first_line_ = true;
  bool ended_ = false;
  bool peer_stopped_reading_ = false;
  std::optional<HttpFailure> failure_;
};

// httplib's client without its sockets: they cannot be cancelled while connecting, are checked against no overall
// deadline, and do not tell why they failed. Its process_request() needs none of them.
class Codec final : private httplib::ClientImpl {
 public:
  Codec() : ClientImpl(std::string()) { set_url_encode(false); }

  bool run(httplib::Stream& stream, httplib::Request& request, httplib::Response& response) {
    auto error = httplib::Error::Success;  // says no more than the stream knows
    return process_request(stream, request, response, false, error);
  }
};

httplib::Request spelled(const HttpExchangeRequest& request) {
  httplib::Request out;
  out.method = request.method;
  out.path = request.target;
  out.set_header("Host", request.host);
  out.set_header("User-Agent", request.user_agent);
  out.set_header("Accept-Encoding", request.accept_gzip ? "gzip" : "identity");
  if (!request.bearer_token.empty()) out.set_header("Authorization", "Bearer " + request.bearer_token);
  if (!request.proxy_authorization.empty()) out.set_header("Proxy-Authorization", request.proxy_authorization);
  if (!request.body.empty()) {
    out.set_header("Content-Type", "application/json");
    out.content_length_ = request.body.size();
    out.content_provider_ = [body = request.body](std::size_t offset, std::size_t length, httplib::DataSink& to) {
      return to.write(body.data() + offset, length);
    };
  }
  return out;
}

bool has_token(const httplib::Response& response, const char* name, const char* token) {
  return strcasecmp(response.get_header_value(name).c_str(), token) == 0;
}

// As httplib decides it.
bool is_chunked(const httplib::Response& response) {
  return has_token(response, "Transfer-Encoding", "chunked");
}

HttpHead head_of(const httplib::Response& response) {
  HttpHead head;
  head.status = response.status;
  head.reason = response.reason;
  head.content_type = response.get_header_value("Content-Type");
  head.location = response.get_header_value("Location");
  head.retry_after = parse_retry_after(response.get_header_value("Retry-After"), std::chrono::system_clock::now());
  const std::string length = response.get_header_value("Content-Length");
  std::uint64_t bytes = 0;
  const auto [end, fault] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (!length.empty() && fault == std::errc{} && end == length.data() + length.size()) head.content_length = bytes;
  return head;
}

bool says_close(const httplib::Response& response) {
  return response.version != "HTTP/1.1" || has_token(response, "Connection", "close");
}

HttpFailure why_it_failed(const WireStream& stream, bool head_came) {
  const std::string what = stream.heard_nothing() ? "there was no answer: " : "the answer was cut off: ";
  if (stream.failure()) {
    if (stream.failure()->fault == HttpFault::protocol)
      return {HttpFault::protocol, "the answer is no HTTP: " + stream.failure()->words};
    return {stream.failure()->fault, what + stream.failure()->words};
  }
  if (stream.ended()) return {HttpFault::closed, what + "the server closed the connection"};
  return {HttpFault::protocol, head_came ? "the answer's body is garbled" : "the answer is no HTTP"};
}

}  // namespace

HttpExchangeEnd exchange(Wire& wire, const HttpExchangeRequest& request, HttpBodySink& sink, const IoLimits& until_head,
                         const IoLimits& afterwards) {
  HttpExchangeEnd end;
  WireStream stream(wire, until_head);
  httplib::Request sent = spelled(request);
  httplib::Response received;
  const auto take_head = [&] {
    stream.head_is_over(afterwards);
    end.head = head_of(received);
    end.stopped = !sink.on_head(*end.head);
    return !end.stopped;
  };
  sent.response_handler = [&](const httplib::Response&) { return take_head(); };
  sent.content_receiver = [&](const char* bytes, std::size_t size, std::uint64_t, std::uint64_t) {
    stream.content_came();
    end.stopped = !sink.on_bytes({bytes, size});
    return !end.stopped;
  };
  bool done = Codec().run(stream, sent, received);
  end.heard_nothing = stream.heard_nothing();
  if (done && received.status < 0) done = false;  // httplib takes anything for the answer to a CONNECT
  if (done && !end.head) done = take_head();      // there is no body, so httplib did not ask
  if (done && is_chunked(received)) done = stream.last_line_was_empty();
  const bool framed = is_chunked(received) || received.has_header("Content-Length") || received.status == 204 ||
                      request.method == "CONNECT";
  end.complete = done;
  end.reusable = done && framed && !stream.ended() && !stream.has_unread() && !stream.peer_stopped_reading() &&
                 !says_close(received);
  if (!done && !end.stopped) end.failure = why_it_failed(stream, end.head.has_value());
  return end;
}

}  // namespace vf::agent
