// A small HTTP/1.1 server for the API and the exporter: keep-alive, gzip where the client asks for it, and answers that
// come late or never, as the modes want them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace standin {

struct HttpRequest {
  std::string method;
  std::string target;
};

struct HttpResponse {
  int status = 200;
  std::string type = "text/plain";
  std::string body;
  bool hold_open = false;  ///< no Content-Length: the connection stays open until one side ends
};

/// May be called once, later, or never.
using Reply = std::function<void(HttpResponse)>;
using Handler = std::function<void(const HttpRequest&, Reply)>;

/// Resolves "ip:port" or "[ip6]:port".
bool parse_endpoint(const std::string& text, boost::asio::ip::tcp::endpoint& endpoint);

/// Opens, binds with SO_REUSEADDR (as tokio does) and listens.
boost::system::error_code listen_on(boost::asio::ip::tcp::acceptor& acceptor, const std::string& address);

/// "Address already in use (os error 98)", as Rust prints an I/O error.
std::string rust_error(const boost::system::error_code& error);

class HttpServer {
 public:
  HttpServer(boost::asio::io_context& io, Handler handler);
  ~HttpServer();
  boost::system::error_code listen(const std::string& address);
  void close();
  /// More, on every connection that an answer with hold_open keeps open.
  void send_to_held(const std::string& text);

 private:
  class Session;
  void accept();

  boost::asio::ip::tcp::acceptor acceptor_;
  Handler handler_;
  std::set<std::shared_ptr<Session>> sessions_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  ///< a handler that is queued already may outlive this object
};

}  // namespace standin
