#include "agent/local/local_client.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <optional>

#include "agent/local/socket_path.h"

namespace vf::agent {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using Protocol = boost::asio::local::stream_protocol;
using Stream = beast::basic_stream<Protocol>;
using std::chrono::milliseconds;

constexpr std::uint64_t longest_body = 256U << 20;
constexpr std::size_t longest_line = 64U << 20;
constexpr std::size_t read_at_once = 64U << 10;

Error unreachable(const std::string& data_dir, int code, const std::string& words) {
  std::string reason = words;
  if (code == ENOENT || code == ECONNREFUSED)
    reason = "none runs there; VF_DATA_DIR or --data-dir says where it keeps its data";
  if (code == EACCES) reason = "it belongs to another user; try as root";
  return Error{"reach the agent on " + data_dir, reason, code};
}

Error unreachable(const std::string& data_dir, const beast::error_code& failed, milliseconds patience) {
  if (failed == beast::error::timeout)
    return unreachable(data_dir, ETIMEDOUT,
                       "it does not answer within " + std::to_string(patience.count() / 1000) + " s");
  return unreachable(data_dir, failed.value(), failed.message());
}

http::request<http::empty_body> request_of(http::verb method, const std::string& target) {
  http::request<http::empty_body> request(method, target, 11);
  request.set(http::field::host, "localhost");
  request.keep_alive(false);
  return request;
}

Result<LocalReply> call(const std::string& data_dir, http::verb method, const std::string& target,
                        milliseconds patience) {
  const auto path = socket_path(data_dir);
  if (!path) return unreachable(data_dir, path.error().code, path.error().reason);
  boost::asio::io_context loop;
  Stream stream(loop);
  auto request = request_of(method, target);
  if (method == http::verb::post) request.prepare_payload();
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
  if (failed) return unreachable(data_dir, failed, patience);
  return LocalReply{parser.get().result_int(), std::move(parser.get().body())};
}

/// One stream; lives as long as its read_stream().
class StreamCall {
 public:
  StreamCall(std::string data_dir, const StreamReader& reader) : data_dir_(std::move(data_dir)), reader_(reader) {
    parser_.body_limit(boost::none);
  }

  Result<StreamEnd> run(const std::string& socket, const std::string& target) {
    request_ = request_of(http::verb::get, target);
    watch_output();
    stream_.expires_after(usual_patience);
    stream_.async_connect(Protocol::endpoint(socket), [this](beast::error_code failed) {
      if (failed) return end(failed);
      http::async_write(stream_, request_, [this](beast::error_code not_sent, std::size_t) {
        if (not_sent) return end(not_sent);
        http::async_read_header(stream_, buffer_, parser_, [this](beast::error_code not_read, std::size_t) {
          if (not_read) return end(not_read);
          status_ = parser_.get().result_int();
          if (status_ == 200 && reader_.on_open) reader_.on_open();
          read();
        });
      });
    });
    loop_.run();
    if (failed_ && !enough_) return unreachable(data_dir_, *failed_, status_ == 0 ? usual_patience : reader_.silence);
    return StreamEnd{{status_, status_ == 200 ? std::string() : std::move(line_)}, enough_};
  }

 private:
  void read() {
    if (parser_.is_done()) return end({});
    stream_.expires_after(reader_.silence);
    parser_.get().body().data = bytes_.data();
    parser_.get().body().size = bytes_.size();
    http::async_read_some(stream_, buffer_, parser_, [this](beast::error_code failed, std::size_t) {
      if (failed == http::error::need_buffer) failed = {};
      take({bytes_.data(), bytes_.size() - parser_.get().body().size});
      if (enough_) return end({});
      if (failed) return end(failed);
      read();
    });
  }

  void take(std::string_view bytes) {
    if (status_ != 200) {
      if (line_.size() < read_at_once) line_ += bytes;
      return;
    }
    while (!bytes.empty() && !enough_) {
      const std::size_t newline = bytes.find('\n');
      line_ += bytes.substr(0, newline);
      if (newline == std::string_view::npos) {
        // No object of the contract is that long: whoever answers is no agent.
        if (line_.size() > longest_line) enough_ = true;
        break;
      }
      bytes.remove_prefix(newline + 1);
      if (!line_.empty() && !reader_.on_line(line_)) enough_ = true;
      line_.clear();
    }
    if (reader_.on_pause) reader_.on_pause();
  }

  /// `vf-agent logs -f | head` is to end with head, also where no further line comes.
  void watch_output() {
    struct stat facts {};
    if (reader_.output < 0 || ::fstat(reader_.output, &facts) != 0 || !S_ISFIFO(facts.st_mode)) return;
    // Opened anew, as Asio makes what it waits for non-blocking, and that is shared by all who write to it.
    const std::string name = "/proc/self/fd/" + std::to_string(reader_.output);
    supervisor::UniqueDescriptor pipe(::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (!pipe) return;  // the next write tells
    boost::system::error_code not_watched;
    output_.assign(pipe.get(), not_watched);
    if (not_watched) return;
    (void)pipe.release();
    output_.async_wait(boost::asio::posix::stream_descriptor::wait_error, [this](boost::system::error_code failed) {
      if (failed) return;
      enough_ = true;
      end({});
    });
  }

  void end(beast::error_code failed) {
    if (failed && !failed_) failed_ = failed;
    boost::system::error_code ignored;  // it is closed either way
    output_.close(ignored);
    stream_.close();
  }

  const std::string data_dir_;
  const StreamReader& reader_;
  boost::asio::io_context loop_;
  Stream stream_{loop_};
  boost::asio::posix::stream_descriptor output_{loop_};
  http::request<http::empty_body> request_;
  beast::flat_buffer buffer_;
  http::response_parser<http::buffer_body> parser_;
  std::string bytes_ = std::string(read_at_once, '\0');
  std::string line_;
  unsigned status_ = 0;
  bool enough_ = false;
  std::optional<beast::error_code> failed_;
};

}  // namespace

Result<LocalReply> ask_agent(const std::string& data_dir, const std::string& target, milliseconds patience) {
  return call(data_dir, http::verb::get, target, patience);
}

Result<LocalReply> tell_agent(const std::string& data_dir, const std::string& target) {
  return call(data_dir, http::verb::post, target, usual_patience);
}

Result<StreamEnd> read_stream(const std::string& data_dir, const std::string& target, const StreamReader& reader) {
  const auto path = socket_path(data_dir);
  if (!path) return unreachable(data_dir, path.error().code, path.error().reason);
  return StreamCall(data_dir, reader).run(path.value().name, target);
}

std::string encode_part(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += digits[byte >> 4];
    encoded += digits[byte & 15];
  }
  return encoded;
}

std::string reason_of(const LocalReply& reply) {
  boost::system::error_code failed;
  const boost::json::value root = boost::json::parse(reply.body, failed);
  if (!failed && root.is_object()) {
    const boost::json::value* error = root.get_object().if_contains("error");
    if (error != nullptr && error->is_string()) return std::string(error->get_string());
  }
  return "the agent answers HTTP " + std::to_string(reply.status) +
         (reply.status == 404 ? "; is it of another version than this program?" : "");
}

}  // namespace vf::agent
