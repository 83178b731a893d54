// SIGHUP: what a reload loads, refuses, waits for and applies, with the words of the real one.
#include <malloc.h>

#include <algorithm>

#include "tests/support/standin_vector/application.h"
#include "tests/support/standin_vector/tap_link.h"
#include "tests/support/standin_vector/text.h"
#include "tests/support/standin_vector/vector_log.h"

namespace standin {

using boost::system::error_code;

namespace {

constexpr auto kSourceShutdownLimit = std::chrono::seconds(30);  // of a source that a reload removes or changes
constexpr auto kPollInterval = std::chrono::milliseconds(20);    // while one is waited for

/// The global options that differ, as Vector lists them; "" where none does.
std::string changed_globals(const Config& from, const Config& to) {
  std::string changed;
  auto names = from.globals;
  names.insert(to.globals.begin(), to.globals.end());
  for (const auto& [name, value] : names) {
    const auto was = from.globals.find(name);
    const auto is = to.globals.find(name);
    const bool same = was != from.globals.end() && is != to.globals.end() && was->second == is->second;
    if (!same) changed += (changed.empty() ? "" : ", ") + name;
  }
  return changed;
}

}  // namespace

void Application::begin_reload() {
  auto loaded = load_config(command_line_.configs, command_line_.interpolate, dialect_);
  if (loaded.config && loaded.config->modes.refuse_config.at_reload) {
    loaded.errors.push_back(loaded.config->modes.refuse_config.words);
  }
  if (!loaded.errors.empty()) {
    vlog::configuration_errors("vector::cli", loaded.errors);
    vlog::error("vector::internal_events::process", "Failed to load config files, reload aborted.",
                "error_code=\"config_load\" error_type=\"configuration_failed\" stage=\"processing\"", vlog::Limit::no);
    ++process_.config_load_errors;
    return;
  }
  vlog::info("vector::topology::running", "Reloading running topology with new configuration.");
  const std::string changed = changed_globals(*config_, *loaded.config);
  if (!changed.empty()) {
    vlog::error("vector::topology::controller", "Config reload rejected due to non-reloadable global options.",
                "changed_fields=" + changed, vlog::Limit::no);
    return refuse_reload("global_options_changed", process_.global_options_errors);
  }
  next_config_ = std::make_unique<Config>(std::move(*loaded.config));
  const ReloadMode mode =
      next_config_->modes.reload != ReloadMode::ok ? next_config_->modes.reload : config_->modes.reload;
  phase_ = Phase::reloading;
  if (mode == ReloadMode::hang) return;  // for good: signals wait, as in a real Vector whose reload never ends
  if (mode == ReloadMode::die) return crash();
  std::vector<std::string> errors = check_vrl(*next_config_);
  if (errors.empty()) errors = check_data_dir(*next_config_);
  if (errors.empty()) errors = locks_.acquire(*next_config_);
  if (errors.empty() && mode == ReloadMode::refuse) errors.emplace_back("the stand-in was told to refuse this reload");
  if (!errors.empty()) {
    vlog::configuration_errors("vector::topology::builder", errors);
    vlog::write(vlog::Level::warn, "vector::topology::running",
                "Failed to completely load new configuration. Restoring old configuration.");
    vlog::info("vector::topology::running", "Running healthchecks.");
    vlog::info("vector::topology::running", "Old configuration restored successfully.");
    phase_ = Phase::running;
    return refuse_reload("topology_build_failed", process_.topology_build_errors);
  }
  if (topology_.waits_for(*next_config_)) {
    vlog::info("vector::topology::running", "Waiting for sources to finish shutting down.",
               "timeout=" + std::to_string(kSourceShutdownLimit.count()));
    topology_.ask_to_finish(*next_config_);
  }
  wait_for_sources(Clock::now() + kSourceShutdownLimit);
}

void Application::refuse_reload(const char* reason, int& counter) {
  vlog::error(
      "vector::internal_events::process", "Reload was not successful.",
      "reason=" + quote(reason) + " error_code=\"reload\" error_type=\"configuration_failed\" stage=\"processing\"",
      vlog::Limit::no);
  ++counter;
}

void Application::wait_for_sources(Clock::time_point deadline) {
  if (topology_.waits_for(*next_config_) && Clock::now() < deadline) {
    phase_timer_.expires_after(kPollInterval);
    return phase_timer_.async_wait([this, deadline](error_code error) {
      if (!error) wait_for_sources(deadline);
    });
  }
  const Milliseconds delay = std::max(next_config_->modes.reload_delay, config_->modes.reload_delay);
  if (delay.count() == 0) return finish_reload();
  phase_timer_.expires_after(delay);
  phase_timer_.async_wait([this](error_code error) {
    if (!error) finish_reload();
  });
}

void Application::finish_reload() {
  vlog::info("vector::topology::running", "Running healthchecks.");
  vlog::info("vector::topology::running", "New configuration loaded successfully.");
  // What the API listens on does not follow a reload; everything else does.
  next_config_->api = config_->api;
  const bool bound = topology_.apply(*next_config_);
  config_ = std::move(next_config_);
  if (api_) api_->send_to_held(tap_frame(*config_, dialect_));
  ++process_.reloads;
  std::string files;
  for (const auto& path : command_line_.configs) {
    files +=
        (files.empty() ? "" : ", ") + ("File(" + quote(path.path) + (path.yaml_hint ? ", Some(Yaml))" : ", None)"));
  }
  vlog::info("vector", "Vector has reloaded.", "path=[" + files + "]", vlog::Limit::no);
  phase_ = Phase::running;
  print_all(config_->modes, facts_);
  arm_modes();
  ::malloc_trim(0);
  if (!bound) {
    if (dialect_.says_stopping()) vlog::info("vector_common::shutdown", "All sources have finished.");
    return begin_drain();
  }
  next_signal();
}

}  // namespace standin
