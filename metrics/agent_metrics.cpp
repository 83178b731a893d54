#include "metrics/agent_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <map>
#include <mutex>
#include <sstream>
#include <utility>

#include "metrics/label_text.h"
#include "metrics/process_readings.h"

namespace vf::metrics {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;
using prometheus::Registry;

constexpr std::size_t max_id_bytes = 256;
constexpr std::size_t max_name_bytes = 128;

template <typename Enum>
constexpr auto count_of = static_cast<std::size_t>(Enum::count_);

template <typename Enum>
constexpr std::size_t index_of(Enum value) {
  return static_cast<std::size_t>(value);
}

constexpr std::array<std::string_view, count_of<Dropped>> dropped_names = {
    "log_lines_overwritten", "log_lines_refused", "echo_lines", "heartbeats",   "push_messages", "scrapes",
    "unparsed_samples",      "unkept_samples",    "tap_events", "viewer_lines", "sample_results"};
constexpr std::array<std::string_view, count_of<LinkState>> link_names = {"connecting", "connected", "degraded",
                                                                          "refused"};
constexpr std::array<std::string_view, count_of<SyncState>> sync_names = {"applied", "applying", "refused",
                                                                          "rolled_back"};
static_assert(!dropped_names.back().empty() && !link_names.back().empty() && !sync_names.back().empty(),
              "every value has its name");

const Histogram::BucketBoundaries lag_buckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1};

prometheus::Family<Counter>& counters(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Counter& counter(Registry& registry, const char* name, const char* help) {
  return counters(registry, name, help).Add({});
}
prometheus::Family<Gauge>& gauges(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
Gauge& gauge(Registry& registry, const char* name, const char* help) {
  return gauges(registry, name, help).Add({});
}

// One series for each value of an enumeration, told apart by `label`.
template <typename Metric, std::size_t size>
std::array<Metric*, size> one_each(prometheus::Family<Metric>& family, const char* label,
                                   const std::array<std::string_view, size>& names) {
  std::array<Metric*, size> metrics{};
  for (std::size_t i = 0; i < size; ++i) metrics[i] = &family.Add({{label, std::string(names[i])}});
  return metrics;
}

// A counter whose total is kept elsewhere.
void raise_to(Counter& counter, double total) {
  counter.Increment(total - counter.Value());
}

std::uint64_t whole(double value) {
  return static_cast<std::uint64_t>(value);
}

struct PipelineSeries {
  PipelineStatus status;
  Gauge* up = nullptr;
  Gauge* config_version = nullptr;
  Gauge* in_sync = nullptr;
  Counter* restarts = nullptr;
};

}  // namespace

std::string_view to_string(Dropped what) {
  return dropped_names[index_of(what)];
}
std::string_view to_string(LinkState state) {
  return link_names[index_of(state)];
}
std::string_view to_string(SyncState state) {
  return sync_names[index_of(state)];
}

struct AgentMetrics::Impl {
  explicit Impl(TimePoint start) : started(start) {}

  const TimePoint started;
  Registry registry;  // first: all below refers into it

  Counter& poll_errors = counter(registry, "vf_agent_poll_errors_total", "Failed polls of the control plane.");
  Gauge& poll_duration = gauge(registry, "vf_agent_poll_duration_seconds", "Duration of the most recent poll.");
  Counter& push_reconnects =
      counter(registry, "vf_agent_push_reconnects_total", "Times the push channel was connected anew.");
  Gauge& push_connected = gauge(registry, "vf_agent_push_connected", "1 while the push channel is connected, else 0.");
  Counter& heartbeat_errors = counter(registry, "vf_agent_heartbeat_errors_total", "Failed heartbeats.");
  Gauge& heartbeat_duration =
      gauge(registry, "vf_agent_heartbeat_duration_seconds", "Duration of the most recent heartbeat.");
  Gauge& pipelines_running =
      gauge(registry, "vf_agent_pipelines_running", "Pipelines whose Vector process is running and healthy.");
  Gauge& uptime = gauge(registry, "vf_agent_uptime_seconds", "Time since this agent started.");
  prometheus::Family<Gauge>& build_info =
      gauges(registry, "vf_agent_build_info", "Always 1; the labels say what is running.");
  Histogram& loop_lag = prometheus::BuildHistogram()
                            .Name("vf_agent_loop_lag_seconds")
                            .Help("How late the event loop ran what was due.")
                            .Register(registry)
                            .Add({}, lag_buckets);
  std::array<Gauge*, count_of<LinkState>> link =
      one_each(gauges(registry, "vf_agent_link_state", "1 for the state that the link to the control plane is in."),
               "state", link_names);
  std::array<Gauge*, count_of<SyncState>> sync =
      one_each(gauges(registry, "vf_agent_pipelines_sync", "Pipelines by whether what is wanted is what runs."),
               "state", sync_names);
  std::array<Counter*, count_of<Dropped>> dropped =
      one_each(counters(registry, "vf_agent_dropped_total", "What was dropped instead of kept, sent or read."), "what",
               dropped_names);

  prometheus::Family<Gauge>& up =
      gauges(registry, "vf_agent_pipeline_up", "1 while the pipeline's Vector process is running and healthy, else 0.");
  prometheus::Family<Gauge>& config_version =
      gauges(registry, "vf_agent_pipeline_config_version", "Version of the configuration that runs, 0 for none.");
  prometheus::Family<Gauge>& in_sync =
      gauges(registry, "vf_agent_pipeline_in_sync", "1 while what is wanted is what runs, else 0.");
  prometheus::Family<Counter>& restarts =
      counters(registry, "vf_agent_pipeline_restarts_total", "Restarts of the pipeline's Vector process.");
  std::map<std::string, PipelineSeries, std::less<>> pipelines;  // the loop's thread only

  std::mutex rendering;  // guards the process figures, which are brought up to date while rendering
  Counter& process_cpu =
      counter(registry, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.");
  Gauge& process_resident = gauge(registry, "process_resident_memory_bytes", "Resident memory size in bytes.");
  Gauge& process_virtual = gauge(registry, "process_virtual_memory_bytes", "Virtual memory size in bytes.");
  Gauge& process_start =
      gauge(registry, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.");
  Gauge& process_open_fds = gauge(registry, "process_open_fds", "Number of open file descriptors.");
  Gauge& process_max_fds = gauge(registry, "process_max_fds", "Maximum number of open file descriptors.");

  void add_series(const std::string& id, PipelineSeries& series) {
    const Labels labels = {{"pipeline", label_text(id, max_id_bytes)},
                           {"name", label_text(series.status.name, max_name_bytes)}};
    // Two ids that look the same as labels must not share series: one's end would be the other's. The later has none.
    if (up.Has(labels)) return;
    series.up = &up.Add(labels);
    series.config_version = &config_version.Add(labels);
    series.in_sync = &in_sync.Add(labels);
    series.restarts = &restarts.Add(labels);
  }

  void remove_series(PipelineSeries& series) {
    if (series.up == nullptr) return;
    up.Remove(std::exchange(series.up, nullptr));
    config_version.Remove(std::exchange(series.config_version, nullptr));
    in_sync.Remove(std::exchange(series.in_sync, nullptr));
    restarts.Remove(std::exchange(series.restarts, nullptr));
  }

  // Moves a pipeline from one state to another in the sums, null standing for "not there". What stays the same is not
  // touched: a reader in between must not find the pipeline in neither.
  void move_in_sums(const PipelineStatus* before, const PipelineStatus* after) {
    const bool was_up = before != nullptr && before->up;
    const bool is_up = after != nullptr && after->up;
    if (is_up && !was_up) pipelines_running.Increment();
    if (was_up && !is_up) pipelines_running.Decrement();
    if (before != nullptr && after != nullptr && before->sync == after->sync) return;
    if (after != nullptr) sync[index_of(after->sync)]->Increment();
    if (before != nullptr) sync[index_of(before->sync)]->Decrement();
  }

  void read_process() {
    const auto readings = read_own_process();
    if (!readings) return;
    raise_to(process_cpu, readings->cpu_seconds_total);
    process_resident.Set(static_cast<double>(readings->resident_bytes));
    process_virtual.Set(static_cast<double>(readings->virtual_bytes));
    process_start.Set(readings->start_time_seconds);
    if (readings->open_fds) process_open_fds.Set(static_cast<double>(*readings->open_fds));
    if (readings->max_fds) process_max_fds.Set(static_cast<double>(*readings->max_fds));
  }
};

AgentMetrics::AgentMetrics(const BuildInfo& build, TimePoint started) : impl_(std::make_unique<Impl>(started)) {
  impl_->build_info
      .Add({{"version", label_text(build.version, max_name_bytes)},
            {"compiler", label_text(build.compiler, max_name_bytes)}})
      .Set(1);
  set_link(LinkState::connecting);
}

AgentMetrics::~AgentMetrics() = default;

void AgentMetrics::poll_finished(Seconds took, bool succeeded) {
  impl_->poll_duration.Set(took.count());
  if (!succeeded) impl_->poll_errors.Increment();
}

void AgentMetrics::heartbeat_finished(Seconds took, bool succeeded) {
  impl_->heartbeat_duration.Set(took.count());
  if (!succeeded) impl_->heartbeat_errors.Increment();
}

void AgentMetrics::push_reconnected() {
  impl_->push_reconnects.Increment();
}

void AgentMetrics::set_push_connected(bool connected) {
  impl_->push_connected.Set(connected ? 1 : 0);
}

void AgentMetrics::set_link(LinkState state) {
  for (std::size_t i = 0; i < impl_->link.size(); ++i) impl_->link[i]->Set(i == index_of(state) ? 1 : 0);
}

void AgentMetrics::observe_loop_lag(Seconds lag) {
  impl_->loop_lag.Observe(lag.count());
}

void AgentMetrics::count_dropped(Dropped what, std::uint64_t count) {
  impl_->dropped[index_of(what)]->Increment(static_cast<double>(count));
}

void AgentMetrics::set_pipeline(const std::string& id, const PipelineStatus& status) {
  const auto [entry, is_new] = impl_->pipelines.try_emplace(id);
  PipelineSeries& series = entry->second;
  impl_->move_in_sums(is_new ? nullptr : &series.status, &status);
  const bool relabel = is_new || series.status.name != status.name;
  series.status = status;
  if (relabel) {
    impl_->remove_series(series);
    impl_->add_series(id, series);
  }
  if (series.up == nullptr) return;
  series.up->Set(status.up ? 1 : 0);
  series.config_version->Set(static_cast<double>(status.config_version));
  series.in_sync->Set(status.sync == SyncState::applied ? 1 : 0);
  raise_to(*series.restarts, static_cast<double>(status.restarts_total));
}

void AgentMetrics::remove_pipeline(const std::string& id) {
  const auto entry = impl_->pipelines.find(id);
  if (entry == impl_->pipelines.end()) return;
  impl_->move_in_sums(&entry->second.status, nullptr);
  impl_->remove_series(entry->second);
  impl_->pipelines.erase(entry);
}

HealthReadings AgentMetrics::health(TimePoint now) const {
  HealthReadings health;
  health.poll_errors_total = whole(impl_->poll_errors.Value());
  health.push_reconnects_total = whole(impl_->push_reconnects.Value());
  health.heartbeat_errors_total = whole(impl_->heartbeat_errors.Value());
  health.push_connected = impl_->push_connected.Value() != 0;
  health.pipelines_running = whole(impl_->pipelines_running.Value());
  health.uptime_seconds = Seconds(now - impl_->started).count();
  return health;
}

std::string AgentMetrics::render(TimePoint now) {
  const std::lock_guard lock(impl_->rendering);
  impl_->uptime.Set(Seconds(now - impl_->started).count());
  impl_->read_process();
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, impl_->registry.Collect());
  return std::move(out).str();
}

}  // namespace vf::metrics
