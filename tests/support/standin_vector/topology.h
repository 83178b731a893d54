// The running components: sources that listen or make up events, sinks that write them, and the exporters. Applying a
// new config keeps what did not change (its sockets, connections and counts), as Vector's reload does.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/standin_vector/config.h"
#include "tests/support/standin_vector/exposition.h"
#include "tests/support/standin_vector/http_server.h"

namespace standin {

class Sink;
class Source;

/// A source and what it feeds: sinks that write, each with the constant fields that remaps on the way add.
struct Route {
  Sink* sink;
  std::vector<std::pair<std::string, std::string>> fields;
};

class Topology {
 public:
  /// `metrics` answers a scrape of an exporter; it gets the exporter's filter.
  using Scrape = std::function<void(const SeriesFilter&, Reply)>;

  Topology(boost::asio::io_context& io, Scrape scrape);
  ~Topology();

  /// Starts, changes and removes components until `config` runs; it must outlive the next apply(). Says "Listening."
  /// and the like. False where a socket could not be bound: Vector ends then.
  bool apply(const Config& config);

  /// Sources that apply(config) would stop or change and that still have connections; ask_to_finish() closes their
  /// listeners and asks the peers to go.
  [[nodiscard]] bool waits_for(const Config& config) const;
  void ask_to_finish(const Config& config);

  /// Closes all listeners and exporters and asks every connected peer to go.
  void begin_drain();
  [[nodiscard]] std::vector<std::string> components_with_connections() const;

  [[nodiscard]] std::vector<ComponentReading> read(double uptime_seconds) const;

 private:
  void stop_changed(const Config& config);
  bool start_source(const Component& component);
  bool start_exporter(const Component& component);
  void connect(const Config& config);

  boost::asio::io_context& io_;
  Scrape scrape_;
  const Config* config_ = nullptr;
  std::map<std::string, std::unique_ptr<Source>> sources_;
  std::map<std::string, std::unique_ptr<Sink>> sinks_;
  struct Exporter {
    std::string text;
    SeriesFilter filter;
    std::unique_ptr<HttpServer> server;
  };
  std::map<std::string, Exporter> exporters_;
};

}  // namespace standin
