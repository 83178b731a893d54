// VectorflowControl: the control plane behind VF_URL=http(s)://…. The shell around schedule.h: sends what is due, turns
// answers into events, keeps the push stream open. Loop's thread; bodies are encoded and decoded on a worker.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "agent/control/control_plane.h"
#include "agent/control/vectorflow/config_response.h"
#include "agent/control/vectorflow/heartbeat.h"
#include "agent/control/vectorflow/node_token.h"
#include "agent/control/vectorflow/remote_samples.h"
#include "agent/control/vectorflow/remote_taps.h"
#include "agent/control/vectorflow/schedule.h"
#include "agent/http/http_client.h"
#include "agent/log.h"
#include "agent/log_hub.h"
#include "agent/node.h"
#include "agent/options.h"
#include "logbuf/log_shipper.h"
#include "metrics/agent_metrics.h"
#include "push/push_channel.h"

namespace vf::agent::vectorflow {

class VectorflowControl final : public ControlPlane, public LogHub::Reader {
 public:
  using RunOnWorker = std::function<void(std::function<void()>)>;

  struct Parts {
    boost::asio::io_context& loop;
    const Options& options;
    const NodeIdentity& identity;
    const NodeView& node;
    ControlPlaneListener& listener;
    metrics::AgentMetrics& metrics;
    Log& log;
    LogHub& hub;
    tapper::Tapper& tapper;
    tapper::Sampler& sampler;
    RunOnWorker run_on_worker;  ///< encodes, decodes, writes the token file
  };

  explicit VectorflowControl(Parts parts);
  ~VectorflowControl() override;

  void start() override;
  void state_changed() override;
  void tell_update_error(const std::string& reason) override;
  void hand_over(std::function<void()> done) override;
  void shut_down(std::function<void()> done) override;
  [[nodiscard]] std::optional<std::uint64_t> log_cursor(const std::string& id) const override {
    return shipper_.cursor(id);
  }
  [[nodiscard]] std::chrono::milliseconds report_interval() const override { return schedule_.poll_interval(); }

  void on_ring(const std::string& pipeline_id, std::shared_ptr<const logbuf::LogRing> ring) override;
  void on_lines() override;
  void on_own_line() override;
  void on_retired(const std::string& pipeline_id) override;

 private:
  void pump();
  void send(Call call);
  void send_enroll();
  void send_poll();
  void polled(const HttpResponse& response);
  void send_heartbeat(std::function<void()> then = nullptr);
  void send_logs(std::function<void(bool answered)> then = nullptr);
  void send_samples();
  [[nodiscard]] HttpRequest request(HttpMethod method, std::string path, std::string body) const;
  void answered(Call call, const HttpResponse& response, bool more);
  void on_enrolled(const HttpResponse& response);
  void on_config(const HttpResponse& response);
  void apply(ConfigResponse config);
  void forget_refusals(const ConfigResponse& config);
  void warn_once(const std::string& text);
  [[nodiscard]] Heartbeat snapshot() const;
  void open_push();
  void on_push(const push::PushMessage& message);
  void count_push_stats();
  void count_log_losses();
  void say_farewell(std::chrono::milliseconds grace, std::function<void()> done);
  void hold_heartbeats();
  void finish();
  void finished();

  Parts parts_;
  Schedule schedule_;
  HttpClient http_;
  logbuf::LogShipper shipper_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer last_chance_;
  bool pump_posted_ = false;
  bool lines_known_ = false;  // the schedule has been told that lines wait
  std::string token_;
  std::string offered_push_url_;
  std::unique_ptr<push::PushChannel> push_;
  push::PushStats push_told_;
  logbuf::LogCounters log_told_;
  std::string last_config_digest_;
  /// What the newest answer lists: version and checksum by id; refused ones are in refusals_ as well.
  bool listed_known_ = false;  // the server has said once in this life of the agent what it lists
  std::map<std::string, std::pair<std::int64_t, std::string>> listed_;
  std::map<std::string, Refusal> refusals_;  // by id
  std::set<std::string> said_;               // warnings told once
  RemoteTaps taps_;
  RemoteSamples samples_;
  std::string update_error_;
  LinkState told_link_;
  bool handing_over_ = false;  // like shutting_down_, but for the last heartbeat, and the push stream stays
  bool shutting_down_ = false;
  bool final_call_out_ = false;
  bool final_heartbeat_sent_ = false;
  bool final_logs_failed_ = false;
  bool only_taps_left_ = false;  // of what is to be said at the end
  std::function<void()> done_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace vf::agent::vectorflow
