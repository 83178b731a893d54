// HostView: answers the requests of docs/local-api.md, from what the agent's parts know. Loop's thread; what takes long
// is put together on a worker.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/control/control_plane.h"
#include "agent/local/local_message.h"
#include "agent/local/routes.h"
#include "agent/local/status_report.h"
#include "agent/log_hub.h"
#include "agent/options.h"
#include "agent/scraper.h"
#include "agent/state_keeper.h"
#include "agent/update/updater.h"
#include "agent/vector_binary.h"
#include "metrics/agent_metrics.h"
#include "supervisor/supervisor.h"
#include "tapper/tapper.h"

namespace vf::agent {

class HostView {
 public:
  /// All of it outlives the view and the worker's jobs.
  struct Parts {
    boost::asio::io_context& loop;
    const Options& options;
    const Launch& launch;
    const supervisor::FileRules& file_rules;
    supervisor::Supervisor& keeper;
    const StateKeeper& memory;
    const VectorBinary& binary;
    const Updater& updater;
    LogHub& hub;
    Scraper& scraper;
    metrics::AgentMetrics& metrics;
    const LinkState& link;
    const std::map<std::string, std::string>& refused;  ///< id → why its newest wish could not be understood
    std::function<void(std::function<void()>)> run_on_worker;
    std::function<bool(const std::string& id)> restart;  ///< false: it is not wanted here
    tapper::Tapper& tapper;
  };
  explicit HostView(Parts parts);

  void answer(const LocalRequest& request, const Respond& respond);
  [[nodiscard]] StatusReport status() const;

 private:
  [[nodiscard]] PipelineNames names() const;
  void answer(const Route& route, const std::string& id, const Respond& respond);
  void tell_readings(const Route& route, const std::string& id, const Respond& respond);
  void tell_metrics(const Respond& respond);
  [[nodiscard]] LocalAnswer options() const;
  [[nodiscard]] LocalAnswer logs(const Route& route, const std::string& id);
  void inspect(const std::string& id, const Respond& respond);
  void tap(const Route& route, const std::string& id, const Respond& respond);
  [[nodiscard]] LocalAnswer restart(const std::string& id);
  /// `make` runs on the worker.
  void answer_later(const Respond& respond, std::function<LocalAnswer()> make);

  Parts parts_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace vf::agent
