// AgentMetrics: what the agent tells about itself on /metrics, and the part of it that a heartbeat repeats
// (agentHealth). Every series exists from the start, at 0, so that rates and alerts work before something happens for
// the first time; those of a pipeline exist while it does. Names, types and help texts: AgentMetrics::Impl in the .cpp.
//
// Threads: setters, counters and health() may be called from any thread and cost an atomic operation or two;
// set_pipeline() and remove_pipeline() belong to the loop's thread; render() to a worker, at any time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace vf::metrics {

/// All that can be dropped: the `what` of vf_agent_dropped_total.
enum class Dropped {
  log_lines_overwritten,  ///< lines of a pipeline's log that newer ones pushed out before they were shipped
  log_lines_refused,      ///< lines that were shipped and that the control plane would not take
  echo_lines,             ///< lines not repeated on the agent's own output, because that is slow or too fast a flood
  heartbeats,             ///< heartbeats that the control plane refused or that were given up
  push_messages,          ///< push messages that were malformed, oversized or unknown
  scrapes,                ///< scrapes of a Vector that failed or were skipped
  unparsed_samples,       ///< lines of a scrape that break the format
  unkept_samples,         ///< samples of components beyond max_components
  tap_events,             ///< events of a tap that its budget or the control plane left out
  viewer_lines,           ///< lines and events that somebody on this host watched and did not take
  sample_results,         ///< answers to sample requests that could not be delivered
  count_,
};
[[nodiscard]] std::string_view to_string(Dropped what);

/// The first truth, the `state` of vf_agent_link_state.
enum class LinkState { connecting, connected, degraded, refused, count_ };
[[nodiscard]] std::string_view to_string(LinkState state);

/// The second truth, of one pipeline: is what is wanted what runs? The `state` of vf_agent_pipelines_sync.
enum class SyncState { applied, applying, refused, rolled_back, count_ };
[[nodiscard]] std::string_view to_string(SyncState state);

struct BuildInfo {
  std::string version;   ///< plain x.y.z
  std::string compiler;  ///< as in __VERSION__
};

struct PipelineStatus {
  std::string name;                  ///< for people; cut at 128 bytes
  bool up = false;                   ///< its process is running and healthy
  std::uint64_t restarts_total = 0;  ///< by the agent, since it knows the pipeline; never goes down
  std::int64_t config_version = 0;   ///< of what runs; 0 where nothing does
  SyncState sync = SyncState::applying;
};

/// What agentHealth needs.
struct HealthReadings {
  std::uint64_t poll_errors_total = 0;
  std::uint64_t push_reconnects_total = 0;
  std::uint64_t heartbeat_errors_total = 0;
  bool push_connected = false;
  std::uint64_t pipelines_running = 0;
  double uptime_seconds = 0;
};

class AgentMetrics {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Seconds = std::chrono::duration<double>;

  AgentMetrics(const BuildInfo& build, TimePoint started);
  ~AgentMetrics();
  AgentMetrics(const AgentMetrics&) = delete;
  AgentMetrics& operator=(const AgentMetrics&) = delete;

  void poll_finished(Seconds took, bool succeeded);
  void heartbeat_finished(Seconds took, bool succeeded);
  void push_reconnected();
  void set_push_connected(bool connected);
  void set_link(LinkState state);
  /// How late the loop ran what was due.
  void observe_loop_lag(Seconds lag);
  void count_dropped(Dropped what, std::uint64_t count = 1);

  /// Tells what a pipeline is like now; a new id gets its series, a new name relabels them. Cheap where nothing
  /// changed. How many ids there are is the caller's to bound: each costs four series.
  void set_pipeline(const std::string& id, const PipelineStatus& status);
  /// Ends the pipeline's series; an unknown id is no error.
  void remove_pipeline(const std::string& id);

  [[nodiscard]] HealthReadings health(TimePoint now) const;

  /// The exposition in text format 0.0.4 (content type "text/plain; version=0.0.4; charset=utf-8"). Reads the
  /// process_* figures from /proc; concurrent calls wait for each other.
  [[nodiscard]] std::string render(TimePoint now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vf::metrics
