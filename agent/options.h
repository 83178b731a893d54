// Options: all that an operator can set, parsed once at start (options_parse.h). One table (options_table.cpp) is the
// source of parsing, --help and docs/options.md; its defaults are these.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/resource_limits.h"

namespace vf::agent {

enum class LogFormat { text, json };
enum class LogLevel { debug, info, warn, error };
enum class SidecarMode { lean, full };

struct Options {
  std::string url;        ///< VF_URL: http(s)://host[:port][/prefix] without trailing '/', or file:///dir
  std::string directory;  ///< of a file:// VF_URL: the folder, percent-decoded, absolute; "" otherwise
  std::string token;      ///< VF_TOKEN, or the trimmed content of VF_TOKEN_FILE; "" where neither is given
  std::string data_dir = "/var/lib/vf-agent";          ///< VF_DATA_DIR, absolute, no trailing '/'
  std::string vector_data_dir = "/var/lib/vector";     ///< VF_VECTOR_DATA_DIR, absolute, no trailing '/'
  supervisor::ResourceLimits pipeline_limits;          ///< VF_PIPELINE_MEMORY_MAX, VF_PIPELINE_CPU_MAX
  bool persist_secrets = false;                        ///< VF_PERSIST_SECRETS
  std::size_t mass_stop_guard = 0;                     ///< VF_MASS_STOP_GUARD: 0 believes every wish at once
  std::chrono::milliseconds reload_timeout{35000};     ///< VF_RELOAD_TIMEOUT: from SIGHUP to Vector's verdict
  std::string vector_bin = "vector";                   ///< VF_VECTOR_BIN: a path, or a name looked up on PATH
  std::chrono::milliseconds poll_interval{5000};       ///< VF_POLL_INTERVAL, until the server says another
  std::chrono::milliseconds log_flush_interval{2000};  ///< VF_LOG_FLUSH_INTERVAL
  std::chrono::milliseconds stop_timeout{65000};       ///< VF_STOP_TIMEOUT: from SIGTERM to SIGKILL of one Vector
  LogLevel log_level = LogLevel::info;                 ///< VF_LOG_LEVEL
  LogFormat log_format = LogFormat::text;              ///< VF_LOG_FORMAT
  std::map<std::string, std::string> node_labels;      ///< VF_NODE_LABELS: k=v,k2=v2
  std::uint16_t metrics_port = 9090;                   ///< VF_METRICS_PORT: 0 turns the listener off
  std::string metrics_addr = "::";                     ///< VF_METRICS_ADDR: address to listen on; "::" is all, IPv4 too
  std::string ui_addr;                                 ///< VF_UI_ADDR: address the page is served on; "" for none
  std::uint16_t ui_port = 0;                           ///< and its port, 0 for a free one
  std::string ca_file;                                 ///< VF_CA_FILE: PEM bundle trusted instead of the system's
  std::string client_cert;                             ///< VF_CLIENT_CERT: PEM; only together with client_key
  std::string client_key;                              ///< VF_CLIENT_KEY: PEM
  SidecarMode sidecar = SidecarMode::lean;             ///< VF_SIDECAR
  std::vector<std::string> env_allow;                  ///< VF_ENV_ALLOW: names and PREFIX_* globs
  bool env_allow_set = false;      ///< VF_ENV_ALLOW was given: what a Vector inherits is a strict allowlist
  bool echo_logs = true;           ///< VF_ECHO_LOGS
  std::uint16_t port_base = 8688;  ///< VF_PORT_BASE: first port of the first pair
  std::string update_public_key;   ///< VF_UPDATE_PUBLIC_KEY: base64 of a raw Ed25519 key; "" for none
  /// The usual variables, upper or lower case. The one that VF_URL's scheme uses is http://[user:password@]host[:port];
  /// the other, or one that NO_PROXY may make void, is as it was given.
  std::string https_proxy, http_proxy, no_proxy;

  /// Not an option: the project's tests make a silent push stream end sooner than after 75 s (VF_TEST_PUSH_SILENCE).
  std::chrono::milliseconds push_silence{0};
  /// Likewise: how long a new version may take to be healthy (VF_TEST_UPDATE_TRIAL), and whether this is a container
  /// (VF_TEST_CONTAINER), wherever the tests run.
  std::chrono::milliseconds update_trial{60000};
  /// And how long one viewer of a tap watches at most (VF_TEST_TAP_LIFE).
  std::chrono::milliseconds tap_life{300000};
  std::optional<bool> in_container;

  /// VF_URL is file:///…: the control plane is a folder.
  [[nodiscard]] bool is_directory() const { return url.starts_with("file://"); }

  friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace vf::agent
