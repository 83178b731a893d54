// A TCP server on loopback whose every connection is a script: for peers that no HTTP library would play.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace vf::agent::test {

/// The server's end of one connection.
class Peer {
 public:
  explicit Peer(int descriptor) : descriptor_(descriptor) {}

  /// One request, head and body; "" where the client closed before it was whole.
  std::string read_request();
  /// A request's head alone, up to its empty line.
  std::string read_head();
  /// "" at the end.
  std::string read_some();
  /// false: the client is gone.
  bool write(std::string_view bytes);
  /// Until the client closes, at most `time`. What it still sends is thrown away. true: it has closed.
  bool wait_closed(std::chrono::milliseconds time = std::chrono::seconds(20));
  /// One byte after the other, a few milliseconds apart, as long as the client stays. Loops over `bytes` where
  /// `forever`.
  void drip(std::string_view bytes, bool forever = false);
  /// Closes so that the client sees a reset rather than an end.
  void reset();
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

class RawServer {
 public:
  /// `script` runs on a thread of its own for every connection, with its number, from 0; the connection is closed after
  /// it.
  using Script = std::function<void(Peer&, int)>;

  explicit RawServer(Script script);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + std::to_string(port_);
  }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void accept_all();

  const Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

/// A listening socket whose queue is full: whoever connects waits in vain.
class BlackHole {
 public:
  BlackHole();
  ~BlackHole();
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::vector<int> queued_;
};

/// "HTTP/1.1 <status> X" with Content-Length and `extra` headers, each ended by CRLF.
std::string answer(int status, std::string_view body, std::string_view extra = "");

/// Connects to a port of 127.0.0.1.
int connect_to(std::uint16_t port);

}  // namespace vf::agent::test
