// RemoteTaps: the taps that the server asked for: what they see goes out in posts, as fast as the server's limit allows
// (tap_schedule.h). Loop's thread. Until somebody taps there is no timer, no thread and no
// connection; the threads then stay.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "agent/control/vectorflow/tap_body.h"
#include "agent/control/vectorflow/tap_schedule.h"
#include "agent/http/http_client.h"
#include "agent/log.h"
#include "metrics/agent_metrics.h"
#include "push/push_message.h"
#include "tapper/tapper.h"

namespace vf::agent::vectorflow {

class RemoteTaps {
 public:
  static constexpr std::size_t most_requests = 64;  ///< with those that have ended and are yet to be told so

  struct Parts {
    boost::asio::io_context& loop;
    tapper::Tapper& tapper;
    metrics::AgentMetrics& metrics;
    Log& log;
    HttpSettings http;
    std::function<HttpRequest(std::string path, std::string body)> post;  ///< with the node's token
    std::function<void()> on_idle;                                        ///< the last word of the last tap is said
  };

  explicit RemoteTaps(Parts parts);
  ~RemoteTaps();

  void start(const push::TapStart& tap);
  void stop(const std::string& request_id);
  /// Something is still to be posted, or may come.
  [[nodiscard]] bool busy() const { return !requests_.empty(); }
  /// Says nothing more.
  void cancel_all();

 private:
  struct Request;
  void pump();
  void pending(Request& request);
  void post(Request& request);
  void answered(TapSchedule::Id id, const HttpResponse& response);
  void forget(TapSchedule::Id id);

  Parts parts_;
  TapSchedule schedule_;
  std::unique_ptr<HttpClient> http_;  // connections of their own: a tap delays neither poll nor heartbeat
  boost::asio::steady_timer timer_;
  std::map<TapSchedule::Id, std::unique_ptr<Request>> requests_;
  TapSchedule::Id last_id_ = 0;
  bool pump_posted_ = false;
  bool cancelled_ = false;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace vf::agent::vectorflow
