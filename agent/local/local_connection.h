// LocalConnection: one client of the host's own view, over a unix socket or TCP. It sends one request and gets one
// answer, whole or as a stream; then the connection ends. On the loop; memory: what is on its way, 64 KiB or a line.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "agent/local/local_message.h"

namespace vf::agent {

struct LocalLimits {
  std::chrono::milliseconds request{5000};        ///< for all of it
  std::chrono::milliseconds handler{30000};       ///< from the request to its answer
  std::chrono::milliseconds answer{5000};         ///< in which the client must take something of it
  std::chrono::milliseconds stuck_viewer{60000};  ///< likewise, of a stream
  std::chrono::milliseconds quiet{15000};         ///< of a stream, after which a blank line says that it is alive
  std::chrono::milliseconds goodbye{1000};        ///< for the client to close first
  std::size_t clients = 32;                       ///< of one listener, viewers of streams included; further ones wait
  std::size_t viewers = 16;
};

class LocalConnection : public std::enable_shared_from_this<LocalConnection> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  struct Owner {
    virtual ~Owner() = default;
    virtual void handle(LocalRequest request, Respond respond) = 0;
    /// Takes one of the places that streams have; false where there is none.
    virtual bool take_viewer_place() = 0;
    /// Once; the connection is not used any more. `viewer`: its place is free.
    virtual void on_gone(const std::shared_ptr<LocalConnection>& connection, bool viewer) = 0;
  };

  /// `owner` outlives the connection, or close()s it.
  LocalConnection(Socket socket, const LocalLimits& limits, Owner& owner);
  ~LocalConnection();

  void start();
  void close();

 private:
  struct Reading;
  void read();
  void on_read(bool whole, bool nonsense);
  void respond(LocalAnswer answer);
  void write();
  void on_written();
  void pump();
  void wake();
  void say_alive();
  void watch_for_end();
  void say_goodbye();
  [[nodiscard]] bool is_due() const;
  void expect_within(std::chrono::milliseconds time);

  Socket socket_;
  boost::asio::steady_timer timer_;
  const LocalLimits limits_;
  Owner* owner_;  // null once closed
  std::unique_ptr<Reading> reading_;
  std::unique_ptr<LineStream> stream_;
  std::string out_;
  std::size_t sent_ = 0;  // of out_
  std::size_t unasked_ = 0;
  bool chunked_ = true;
  bool viewer_ = false;
  bool writing_ = false;
  bool waking_ = false;
  bool answered_ = false;
  bool has_said_more_ = false;  // than was read
  char heard_[512];
};

}  // namespace vf::agent
