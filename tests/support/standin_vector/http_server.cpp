#include "tests/support/standin_vector/http_server.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cctype>
#include <cstdint>
#include <cstring>

namespace standin {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kMaxRequest = 1 << 20;

std::uint32_t crc32(std::string_view data) {
  static const auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xEDB88320U ^ (c >> 1) : c >> 1;
      table[i] = c;
    }
    return table;
  }();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : data) crc = kTable[(crc ^ static_cast<std::uint8_t>(byte)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

void append_le(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
}

/// A gzip stream of stored blocks: nothing is compressed, but who asked for gzip has to unpack it, as with the real
/// one.
std::string gzip_stored(std::string_view data) {
  std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);
  out.reserve(data.size() + 64);
  std::string_view rest = data;
  do {
    const auto block = rest.substr(0, 65535);
    rest.remove_prefix(block.size());
    out += static_cast<char>(rest.empty() ? 1 : 0);
    append_le(out, static_cast<std::uint32_t>(block.size()), 2);
    append_le(out, static_cast<std::uint32_t>(~block.size()), 2);
    out += block;
  } while (!rest.empty());
  append_le(out, crc32(data), 4);
  append_le(out, static_cast<std::uint32_t>(data.size()), 4);
  return out;
}

std::string lowercase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// The value of a header in a lower-cased head, "" where there is none.
std::string header(const std::string& head, const std::string& name) {
  const auto at = head.find("\r\n" + name + ":");
  if (at == std::string::npos) return {};
  const auto start = head.find_first_not_of(' ', at + name.size() + 3);
  return head.substr(start, head.find("\r\n", start) - start);
}

const char* reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

}  // namespace

bool parse_endpoint(const std::string& text, tcp::endpoint& endpoint) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  const int port = std::atoi(text.c_str() + colon + 1);
  if (error || port < 0 || port > 65535) return false;
  endpoint = {address, static_cast<std::uint16_t>(port)};
  return true;
}

error_code listen_on(tcp::acceptor& acceptor, const std::string& address) {
  tcp::endpoint endpoint;
  if (!parse_endpoint(address, endpoint)) return asio::error::invalid_argument;
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(128, error);
  if (error) {
    error_code ignored;
    acceptor.close(ignored);
  }
  return error;
}

std::string rust_error(const error_code& error) {
  return std::string(std::strerror(error.value())) + " (os error " + std::to_string(error.value()) + ")";
}

class HttpServer::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, HttpServer& server) : socket_(std::move(socket)), server_(&server) {}

  void read() {
    asio::async_read_until(socket_, asio::dynamic_buffer(input_, kMaxRequest), "\r\n\r\n",
                           [self = shared_from_this()](error_code error, std::size_t size) {
                             if (error) return self->end();
                             self->read_body(size);
                           });
  }

  /// Where the connection is held open; what cannot be sent yet follows.
  void send(const std::string& text) {
    waiting_ += text;
    if (!held_ || !output_.empty() || waiting_.empty()) return;
    output_.swap(waiting_);
    asio::async_write(socket_, asio::buffer(output_), [self = shared_from_this()](error_code error, std::size_t) {
      self->output_ = {};
      if (!error) self->send({});
    });
  }
  [[nodiscard]] bool holds() const { return holds_; }

  /// Closes the connection; the server is gone or does not want it any more.
  void abandon() {
    server_ = nullptr;
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  void end() {
    error_code ignored;
    socket_.close(ignored);
    if (server_ != nullptr) server_->sessions_.erase(shared_from_this());
  }

  void read_body(std::size_t head_size) {
    head_ = lowercase(input_.substr(0, head_size));
    original_line_ = input_.substr(0, input_.find("\r\n"));
    const auto length = static_cast<std::size_t>(std::strtoul(header(head_, "content-length").c_str(), nullptr, 10));
    if (length > kMaxRequest) return end();
    const std::size_t total = head_size + length;
    if (input_.size() >= total) {
      input_.erase(0, total);
      return handle();
    }
    asio::async_read(socket_, asio::dynamic_buffer(input_, kMaxRequest), asio::transfer_exactly(total - input_.size()),
                     [self = shared_from_this(), total](error_code error, std::size_t) {
                       if (error) return self->end();
                       self->input_.erase(0, total);
                       self->handle();
                     });
  }

  void handle() {
    if (server_ == nullptr) return;
    HttpRequest request;
    const auto first = original_line_.find(' ');
    const auto second = original_line_.find(' ', first + 1);
    if (first == std::string::npos || second == std::string::npos) return end();
    request.method = original_line_.substr(0, first);
    request.target = original_line_.substr(first + 1, second - first - 1);
    watch();
    server_->handler_(request, [weak = weak_from_this(), serial = ++serial_](HttpResponse response) {
      const auto self = weak.lock();
      if (self && self->serial_ == serial && self->server_ != nullptr) self->answer(std::move(response));
    });
  }

  /// While an answer is awaited, only the other side's going away is of interest.
  void watch() {
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
      if (error) return;
      char byte = 0;
      self->socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
      if (error && error != asio::error::would_block) self->end();
    });
  }

  void answer(HttpResponse response) {
    error_code ignored;
    if (!response.hold_open) socket_.cancel(ignored);
    holds_ = response.hold_open;
    const bool keep_alive = header(head_, "connection") != "close" && head_.find(" http/1.1\r\n") != std::string::npos;
    const bool gzip = header(head_, "accept-encoding").find("gzip") != std::string::npos && !response.hold_open;
    if (gzip) response.body = gzip_stored(response.body);
    output_ = "HTTP/1.1 " + std::to_string(response.status) + " " + reason(response.status) +
              "\r\ncontent-type: " + response.type + "\r\n";
    if (gzip) output_ += "content-encoding: gzip\r\n";
    if (!response.hold_open) output_ += "content-length: " + std::to_string(response.body.size()) + "\r\n";
    output_ += keep_alive ? "\r\n" : "connection: close\r\n\r\n";
    output_ += response.body;
    asio::async_write(
        socket_, asio::buffer(output_),
        [self = shared_from_this(), keep_alive, hold = response.hold_open](error_code error, std::size_t) {
          self->output_ = {};
          if (hold) {
            self->held_ = true;
            return self->send({});
          }
          if (error || !keep_alive) return self->end();
          self->read();
        });
  }

  tcp::socket socket_;
  HttpServer* server_;
  std::string input_;
  std::string head_;
  std::string original_line_;
  std::string output_;
  std::string waiting_;
  bool holds_ = false;  ///< the answer has begun, or is sent
  bool held_ = false;
  unsigned serial_ = 0;
};

HttpServer::HttpServer(asio::io_context& io, Handler handler) : acceptor_(io), handler_(std::move(handler)) {}

HttpServer::~HttpServer() {
  close();
}

error_code HttpServer::listen(const std::string& address) {
  const error_code error = listen_on(acceptor_, address);
  if (!error) accept();
  return error;
}

void HttpServer::close() {
  error_code ignored;
  acceptor_.close(ignored);
  for (const auto& session : sessions_) session->abandon();
  sessions_.clear();
}

void HttpServer::send_to_held(const std::string& text) {
  for (const auto& session : sessions_) {
    if (session->holds()) session->send(text);
  }
}

void HttpServer::accept() {
  acceptor_.async_accept([this, alive = std::weak_ptr(alive_)](error_code error, tcp::socket socket) {
    if (alive.expired() || error == asio::error::operation_aborted) return;
    if (!error) {
      const auto session = std::make_shared<Session>(std::move(socket), *this);
      sessions_.insert(session);
      session->read();
    }
    accept();
  });
}

}  // namespace standin
