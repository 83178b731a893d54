#include "agent/local/local_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <set>

#include "agent/local/socket_path.h"

namespace vf::agent {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using Protocol = boost::asio::local::stream_protocol;
using Stream = beast::basic_stream<Protocol>;

constexpr std::chrono::seconds patience{5};
constexpr std::size_t longest_head = 16 << 10;
constexpr std::size_t longest_body = 64 << 10;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string decode_query(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

LocalRequest read_target(std::string_view method, std::string_view target) {
  LocalRequest request;
  request.method = method;
  const std::size_t question = target.find('?');
  request.path = decode_query(target.substr(0, question));
  if (question == std::string_view::npos) return request;
  for (std::string_view rest = target.substr(question + 1); !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty())
      request.query[decode_query(pair.substr(0, equals))] =
          decode_query(pair.substr(std::min(equals + 1, pair.size())));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return request;
}

struct LocalServer::Impl : std::enable_shared_from_this<Impl> {
  struct Client {
    explicit Client(Protocol::socket socket) : stream(std::move(socket)) {}
    Stream stream;
    beast::flat_buffer buffer;
    std::optional<http::request_parser<http::string_body>> parser;
    http::response<http::string_body> response;
  };

  Impl(boost::asio::io_context& loop, Handler with, SocketPath at)
      : acceptor(loop), handler(std::move(with)), path(std::move(at)) {}

  [[nodiscard]] Status listen() {
    ::unlink(path.name.c_str());
    boost::system::error_code failed;
    const auto attempt = [&](auto step) {
      if (!failed) step();
    };
    attempt([&] { acceptor.open(Protocol(), failed); });
    attempt([&] { acceptor.bind(Protocol::endpoint(path.name), failed); });
    if (!failed && ::chmod(path.name.c_str(), 0600) != 0) return system_error("chmod agent.sock", errno);
    attempt([&] { acceptor.listen(boost::asio::socket_base::max_listen_connections, failed); });
    if (failed) return Error{"listen on agent.sock", failed.message(), failed.value()};
    accept();
    return success();
  }

  void accept() {
    acceptor.async_accept([self = shared_from_this()](boost::system::error_code failed, Protocol::socket socket) {
      if (self->ended) return;
      if (!failed && self->clients.size() < most_clients) {
        auto client = std::make_shared<Client>(std::move(socket));
        self->clients.insert(client);
        self->read(client);
      }
      if (self->acceptor.is_open()) self->accept();
    });
  }

  void read(const std::shared_ptr<Client>& client) {
    client->parser.emplace();
    client->parser->header_limit(longest_head);
    client->parser->body_limit(longest_body);
    client->stream.expires_after(patience);
    http::async_read(client->stream, client->buffer, *client->parser,
                     [self = shared_from_this(), client](beast::error_code failed, std::size_t) {
                       if (failed || self->ended) return self->drop(client);
                       self->answer(client);
                     });
  }

  void answer(const std::shared_ptr<Client>& client) {
    const auto& asked = client->parser->get();
    LocalAnswer made = handler(read_target({asked.method_string().data(), asked.method_string().size()},
                                           {asked.target().data(), asked.target().size()}));
    client->response = {static_cast<http::status>(made.status), asked.version()};
    client->response.set(http::field::content_type, made.content_type);
    client->response.keep_alive(asked.keep_alive());
    client->response.body() = std::move(made.body);
    client->response.prepare_payload();
    client->stream.expires_after(patience);
    http::async_write(client->stream, client->response,
                      [self = shared_from_this(), client](beast::error_code failed, std::size_t) {
                        if (failed || self->ended || client->response.need_eof()) return self->drop(client);
                        self->read(client);
                      });
  }

  void drop(const std::shared_ptr<Client>& client) {
    client->stream.close();
    clients.erase(client);
  }

  void end() {
    ended = true;
    boost::system::error_code ignored;  // it is closed either way
    acceptor.close(ignored);
    for (const auto& client : clients) client->stream.close();
    ::unlink(path.name.c_str());
  }

  boost::asio::basic_socket_acceptor<Protocol> acceptor;
  const Handler handler;
  const SocketPath path;
  std::set<std::shared_ptr<Client>> clients;
  bool ended = false;
};

LocalServer::LocalServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

LocalServer::~LocalServer() {
  impl_->end();
}

Result<std::unique_ptr<LocalServer>> LocalServer::start(boost::asio::io_context& loop, const std::string& folder,
                                                        Handler handler) {
  auto path = socket_path(folder);
  if (!path) return path.error();
  auto impl = std::make_shared<Impl>(loop, std::move(handler), std::move(path).value());
  if (const Status listening = impl->listen(); !listening) return listening.error();
  return std::unique_ptr<LocalServer>(new LocalServer(std::move(impl)));
}

}  // namespace vf::agent
