#include "agent/local/local_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>

#include "agent/local/socket_path.h"

namespace vf::agent {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using Protocol = boost::asio::local::stream_protocol;

constexpr std::chrono::seconds patience{10};
constexpr std::uint64_t longest_body = 64U << 20;

Error unreachable(const std::string& data_dir, int code, const std::string& words) {
  std::string reason = words;
  if (code == ENOENT || code == ECONNREFUSED)
    reason = "none runs there; VF_DATA_DIR or --data-dir says where it keeps its data";
  if (code == EACCES) reason = "it belongs to another user; try as root";
  return Error{"reach the agent on " + data_dir, reason, code};
}

}  // namespace

Result<LocalReply> ask_agent(const std::string& data_dir, const std::string& target) {
  const auto path = socket_path(data_dir);
  if (!path) return unreachable(data_dir, path.error().code, path.error().reason);
  boost::asio::io_context loop;
  beast::basic_stream<Protocol> stream(loop);
  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, "localhost");
  request.keep_alive(false);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(longest_body);

  // Asynchronous, as only that can be given up: an agent that was stopped (SIGSTOP) still has its socket.
  beast::error_code failed;
  stream.expires_after(patience);
  stream.async_connect(Protocol::endpoint(path.value().name), [&](beast::error_code not_connected) {
    if ((failed = not_connected)) return;
    http::async_write(stream, request, [&](beast::error_code not_sent, std::size_t) {
      if ((failed = not_sent)) return;
      http::async_read(stream, buffer, parser, [&](beast::error_code not_read, std::size_t) { failed = not_read; });
    });
  });
  loop.run();
  if (failed == beast::error::timeout)
    return unreachable(data_dir, ETIMEDOUT, "it does not answer within " + std::to_string(patience.count()) + " s");
  if (failed) return unreachable(data_dir, failed.value(), failed.message());
  return LocalReply{parser.get().result_int(), std::move(parser.get().body())};
}

}  // namespace vf::agent
