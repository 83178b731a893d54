// The components that the stand-in really plays: a TCP `socket` source, `demo_logs`, and the `console` and `file`
// sinks.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/standin_vector/config.h"
#include "tests/support/standin_vector/topology.h"

namespace standin {

/// One event: its message and where it came from.
struct LogEvent {
  std::string_view message;
  std::string_view source_type;
};

class Sink {
 public:
  explicit Sink(const Component& component);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void write(const LogEvent& event, const std::vector<std::pair<std::string, std::string>>& fields);
  /// A blackhole and the like: events need not be made for it.
  [[nodiscard]] bool discards() const { return discards_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string codec_;
  int descriptor_ = -1;
  bool owns_descriptor_ = false;
  bool discards_ = true;
};

class Source {
 public:
  Source(const Component& component, std::string text) : component_(component), text_(std::move(text)) {}
  virtual ~Source() = default;

  /// What is listened on and could not be had; "" where all is well.
  virtual std::string start() { return {}; }
  /// Stops taking anything new; what is connected may go on.
  virtual void finish() {}
  [[nodiscard]] virtual bool has_connections() const { return false; }
  [[nodiscard]] virtual std::uint64_t events(double uptime_seconds) const = 0;
  [[nodiscard]] virtual std::uint64_t bytes(double uptime_seconds) const;
  virtual void feed(std::vector<Route> routes) { routes_ = std::move(routes); }

  [[nodiscard]] const Component& component() const { return component_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 protected:
  void deliver(std::string_view message);

  std::vector<Route> routes_;

 private:
  Component component_;
  std::string text_;
};

/// The right kind of source for `component`. `events_per_second` is for those that only count by the clock.
std::unique_ptr<Source> make_source(boost::asio::io_context& io, const Component& component, double events_per_second);

}  // namespace standin
