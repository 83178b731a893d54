#include "tests/support/standin_vector/application.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "tests/support/standin_vector/tap_link.h"
#include "tests/support/standin_vector/text.h"
#include "tests/support/standin_vector/vector_log.h"

namespace standin {

using boost::system::error_code;

namespace {

constexpr auto kDrainReportInterval = std::chrono::seconds(5);
constexpr auto kPollInterval = std::chrono::milliseconds(20);  // only while something is being waited for

const char* signal_name(int number) {
  switch (number) {
    case SIGHUP:
      return "SIGHUP";
    case SIGINT:
      return "SIGINT";
    case SIGQUIT:
      return "SIGQUIT";
    default:
      return "SIGTERM";
  }
}

std::vector<std::string> paths_of(const CommandLine& line) {
  std::vector<std::string> paths;
  for (const auto& config : line.configs) paths.push_back(config.path);
  return paths;
}

}  // namespace

Application::Application(Dialect dialect, CommandLine command_line, ProcessFacts facts)
    : dialect_(std::move(dialect)),
      command_line_(std::move(command_line)),
      facts_(std::move(facts)),
      signals_(io_),
      started_(Clock::now()),
      topology_(io_, [this](const SeriesFilter& filter, Reply reply) { answer_scrape(filter, std::move(reply)); }),
      flood_(io_),
      phase_timer_(io_) {}

int Application::run() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) signals_.add(number);
  vlog::info("vector::app", "Loading configs.", "paths=" + quote_list(paths_of(command_line_)));
  auto loaded = load_config(command_line_.configs, command_line_.interpolate, dialect_);
  if (loaded.config && loaded.config->modes.refuse_config.at_start) {
    loaded.errors.push_back(loaded.config->modes.refuse_config.words);
  }
  if (!loaded.errors.empty()) {
    vlog::configuration_errors("vector::cli", loaded.errors);
    return kExitConfig;
  }
  config_ = std::make_unique<Config>(std::move(*loaded.config));
  std::vector<std::string> errors = check_vrl(*config_);
  if (errors.empty()) errors = check_data_dir(*config_);
  if (errors.empty()) errors = locks_.acquire(*config_);
  if (!errors.empty()) {
    vlog::configuration_errors("vector::topology::builder", errors);
    return kExitConfig;
  }
  ::malloc_trim(0);  // reading YAML took more than running does, and hundreds of stand-ins share a machine
  wait_for_signal();
  after(config_->modes.start_delay, [this] { start(); });
  io_.run();
  return status_;
}

void Application::start() {
  print_all(config_->modes, facts_);
  for (const auto& component : config_->components) {
    if (component.type != "host_metrics") continue;
    const auto span = vlog::span("source", component.id, component.type);
    for (const std::string name : {"PROCFS", "SYSFS"}) {
      vlog::info("vector::sources::host_metrics",
                 name + "_ROOT is unset. Using default '/" + (name == "PROCFS" ? "proc" : "sys") + "' for " +
                     (name == "PROCFS" ? "procfs" : "sysfs") + " root.",
                 {}, vlog::Limit::yes, span);
    }
  }
  vlog::info("vector::topology::running", "Running healthchecks.");
  for (const auto& component : config_->components) {
    if (component.kind == Kind::sink) vlog::info("vector::topology::builder", "Healthcheck passed.");
  }
  const bool bound = topology_.apply(*config_);
  vlog::info("vector", "Vector has started.",
             "debug=\"false\" version=" + quote(dialect_.version) + " arch=\"x86_64\" revision=\"\"");
  phase_ = Phase::running;
  start_api();
  arm_modes();
  if (!bound) return begin_drain();
  next_signal();
}

void Application::start_api() {
  if (!config_->api.enabled) {
    vlog::info("vector::app",
               "API is disabled, enable by setting `api.enabled` to `true` and use commands like `vector top`.");
    return;
  }
  if (config_->modes.health == Health::closed) return;
  api_.emplace(io_, [this](const HttpRequest& request, Reply reply) { answer_health(request, std::move(reply)); });
  const std::string address = config_->api.address;
  if (const auto error = api_->listen(address)) {
    api_.reset();
    vlog::error("vector::app", "An error occurred that Vector couldn't handle.", "error=" + rust_error(error),
                vlog::Limit::no);
    return after(Milliseconds(0), [this] { begin_drain(); });
  }
  if (dialect_.grpc_api()) {
    vlog::info("vector::api::grpc_server", "GRPC API server bound to " + address + ".");
    vlog::info("vector::api::grpc_server", "GRPC API server started on " + address + ".");
    vlog::info("vector::internal_events::api", "API server running.", "address=" + address);
  } else {
    vlog::info(
        "vector::internal_events::api", "API server running.",
        "address=" + address + " playground=http://" + address + "/playground graphql=http://" + address + "/graphql");
  }
}

void Application::arm_modes() {
  modes_life_ = std::make_shared<int>();
  const Modes& modes = config_->modes;
  failing_health_ = modes.health == Health::failing;
  flood_.stop();
  if (modes.flood) flood_.start(*modes.flood);
  if (modes.crash_after) after(*modes.crash_after, [this] { crash(); });
  if (modes.unhealthy_after) after(*modes.unhealthy_after, [this] { failing_health_ = true; });
  if (modes.exit_zero_after) {
    after(*modes.exit_zero_after, [this] {
      vlog::info("vector_common::shutdown", "All sources have finished.");
      vlog::info("vector::app", "All sources have finished.");
      begin_drain();
    });
  }
  if (modes.stop_output) {
    after(*modes.stop_output, [] {
      const int null = ::open("/dev/null", O_WRONLY);
      ::dup2(null, STDOUT_FILENO);
      ::dup2(null, STDERR_FILENO);
      ::close(null);
    });
  }
}

void Application::after(Milliseconds delay, std::function<void()> action) {
  auto timer = std::make_shared<boost::asio::steady_timer>(io_, delay);
  timer->async_wait([timer, life = std::weak_ptr(modes_life_), armed = modes_life_ != nullptr,
                     action = std::move(action)](error_code error) {
    if (!error && !(armed && life.expired())) action();
  });
}

// ---- signals

void Application::wait_for_signal() {
  signals_.async_wait([this](error_code error, int number) {
    if (error) return;
    vlog::info("vector::signal", "Signal received.", "signal=\"" + std::string(signal_name(number)) + "\"");
    waiting_signals_.push_back(number);
    next_signal();
    wait_for_signal();
  });
}

void Application::next_signal() {
  while (!waiting_signals_.empty() && (phase_ == Phase::running || phase_ == Phase::draining)) {
    const int number = waiting_signals_.front();
    waiting_signals_.pop_front();
    handle_signal(number);
  }
}

void Application::handle_signal(int number) {
  if (config_->modes.ignore_term && number != SIGHUP && number != SIGQUIT) return;
  if (phase_ == Phase::draining || number == SIGQUIT) {  // whatever signal comes while it drains, a SIGHUP too
    vlog::info("vector", "Vector has quit.");
    return exit_with(0);
  }
  if (number == SIGHUP) return begin_reload();
  begin_drain();
}

// ---- the end

void Application::begin_drain() {
  if (phase_ == Phase::draining) return;
  phase_ = Phase::draining;
  vlog::info("vector", dialect_.says_stopping() ? "Vector is stopping." : "Vector has stopped.");
  topology_.begin_drain();
  drain_started_ = Clock::now();
  next_drain_report_ = drain_started_;
  check_drain();
}

void Application::check_drain() {
  const auto now = Clock::now();
  std::vector<std::string> remaining = topology_.components_with_connections();
  const auto drained_at = drain_started_ + config_->modes.drain;
  if (now < drained_at) {
    for (const auto& component : config_->components) {
      if (component.kind == Kind::sink && !component.id.starts_with("vf_")) remaining.push_back(component.id);
    }
  }
  std::string list;
  for (const auto& id : remaining) list += (list.empty() ? "" : ", ") + id;
  const auto limit = drain_started_ + command_line_.graceful_shutdown_limit;
  const bool overdue = !command_line_.no_graceful_shutdown_limit && now >= limit;
  if (remaining.empty() || overdue) {
    if (!remaining.empty()) {
      vlog::error("vector::topology::running", "Failed to gracefully shut down in time. Killing components.",
                  "components=" + quote(list));
    }
    if (dialect_.says_stopping()) vlog::info("vector", "Vector has stopped.");
    return exit_with(0);
  }
  if (now >= next_drain_report_) {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(limit - now).count();
    vlog::info("vector::topology::running", "Shutting down... Waiting on running components.",
               "remaining_components=" + quote(list) + " time_remaining=\"" + std::to_string(left) + " seconds left\"");
    next_drain_report_ = now + kDrainReportInterval;
  }
  phase_timer_.expires_after(kPollInterval);
  phase_timer_.async_wait([this](error_code error) {
    if (!error) check_drain();
  });
}

void Application::crash() {
  const bool in_reload = next_config_ && next_config_->modes.reload == ReloadMode::die;
  const Modes& modes = in_reload ? next_config_->modes : config_->modes;
  if (modes.signal == SIGSTOP) {  // not a death: it goes on when it is continued
    ::kill(::getpid(), SIGSTOP);
    return;
  }
  write_all(STDERR_FILENO, modes.last_words.empty()
                               ? std::string("thread 'vector-worker' panicked at standin: told to crash\n")
                               : modes.last_words + "\n");
  if (modes.signal != 0) {
    ::signal(modes.signal, SIG_DFL);
    ::kill(::getpid(), modes.signal);
    ::pause();  // until it arrives
  }
  ::_exit(modes.exit_code);
}

void Application::exit_with(int status) {
  status_ = status;
  io_.stop();
}

// ---- answers

void Application::answer_health(const HttpRequest& request, Reply reply) {
  if (request.target.starts_with("/standin/tap")) return answer_tap(std::move(reply));
  if (request.target != "/health") return reply({404, "text/plain", "", false});
  if (config_->modes.health == Health::hang) return;
  const bool ok = !failing_health_ && phase_ != Phase::draining;
  reply({ok ? 200 : 503, "application/json", ok ? "{\"ok\":true}" : "{\"ok\":false}", false});
}

/// The connection stays open, so that the tap hears of reloads, and notices this process's end.
void Application::answer_tap(Reply reply) {
  reply({200, "text/plain", tap_frame(*config_, dialect_), true});
}

void Application::answer_scrape(const SeriesFilter& filter, Reply reply) {
  if (config_->modes.scrape_hangs) return;
  take_snapshot();
  auto answer = [this, filter, reply = std::move(reply)] {
    const Modes& modes = config_->modes;
    reply({modes.scrape_status, "text/plain; version=0.0.4",
           modes.scrape_body ? *modes.scrape_body : exposition(snapshot_, process_, filter, modes, dialect_), false});
  };
  if (config_->modes.slow_scrape.count() == 0) return answer();
  after(config_->modes.slow_scrape, std::move(answer));
}

/// internal_metrics reports at its own interval: between two reports a scrape sees the same numbers.
void Application::take_snapshot() {
  double interval = 1;
  for (const auto& component : config_->components) {
    if (component.type == "internal_metrics") interval = component.interval_seconds;
  }
  const auto now = Clock::now();
  if (!snapshot_.empty() && now - snapshot_at_ < std::chrono::duration<double>(interval)) return;
  timeval wall{};
  ::gettimeofday(&wall, nullptr);
  process_.timestamp_ms = std::int64_t{wall.tv_sec} * 1000 + wall.tv_usec / 1000;
  process_.uptime_seconds = std::chrono::duration<double>(now - started_).count();
  snapshot_ = topology_.read(process_.uptime_seconds);
  snapshot_at_ = now;
}

}  // namespace standin
