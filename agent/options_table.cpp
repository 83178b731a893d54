#include "agent/options_table.h"

#include <array>
#include <chrono>

#include "agent/option_kinds.h"
#include "agent/option_lists.h"
#include "agent/option_paths.h"
#include "agent/option_url.h"

namespace vf::agent {
namespace {

using namespace std::chrono_literals;
using std::array;
using std::pair;
using std::string_view;

constexpr Option kTable[] = {
    {.section = "Control plane",
     .name = "VF_URL",
     .value = "URL",
     .takes = "https://HOST[:PORT][/PREFIX], http://HOST[:PORT][/PREFIX] or file:///FOLDER",
     .example = "https://vectorflow.example.com",
     .required = true,
     .read = read_url,
     .help = "Who says which pipelines this node runs: a VectorFlow server, or a folder in which each NAME.yaml is a "
             "pipeline and an optional NAME.env (mode 0600) its secrets. User name, password and query have no place "
             "in it. In the name of a folder a space is %20 and a '%' is %25."},
    {.section = "Control plane",
     .name = "VF_TOKEN",
     .given = Given::variable,
     .value = "TOKEN",
     .takes = "an enrollment token (vf_enroll_...)",
     .example = "vf_enroll_default_0123456789abcdef_...",
     .secret = true,
     .read = [](const Reading& reading) { read_token(reading, reading.text); },
     .help = "Enrolls this node with the server. Needed at the first start only: the node token that the server then "
             "gives is kept in VF_DATA_DIR. A folder needs none. There is no flag for it, because every user of a "
             "machine can read the command lines of its processes. Give it or VF_TOKEN_FILE, not both."},
    {.section = "Control plane",
     .name = "VF_TOKEN_FILE",
     .value = "FILE",
     .takes = "the name of a readable file that holds the enrollment token and nothing else",
     .example = "/run/secrets/vf-token",
     .read = read_token_file,
     .help = "A file with the enrollment token, for secrets that are mounted rather than put into the environment. "
             "White space around the token is dropped. As a flag it wins over VF_TOKEN."},
    {.section = "Control plane",
     .name = "VF_POLL_INTERVAL",
     .value = "DURATION",
     .fallback = "5s",
     .takes = "a duration from 1s to 1h",
     .example = "30s",
     .read = [](const Reading& r) { read_duration(r, 1s, 1h, r.options.poll_interval); },
     .help = "How often the server is asked for the configuration, until it names an interval of its own, which then "
             "counts. What the server pushes does not wait for it. A folder is watched instead."},
    {.section = "Control plane",
     .name = "VF_NODE_LABELS",
     .value = "KEY=VALUE,...",
     .takes = "key=value items with commas between them, each key once, keys and values of at most 100 characters",
     .example = "region=us-east-1,tier=prod",
     .read = [](const Reading& r) { read_labels(r, r.options.node_labels); },
     .help = "Labels that the server shows for this node and selects nodes by."},

    {.section = "Pipelines",
     .name = "VF_DATA_DIR",
     .value = "FOLDER",
     .fallback = "/var/lib/vf-agent",
     .takes = "an absolute path of letters, digits and ._/@+-",
     .example = "/srv/vf-agent",
     .read = [](const Reading& r) { read_data_dir(r, r.options.data_dir); },
     .help = "Where the agent keeps its node token, the pipelines' configurations and certificates and its state. It "
             "belongs to one agent alone and survives restarts. Its path becomes part of Vector's configuration, "
             "hence the few characters."},
    {.section = "Pipelines",
     .name = "VF_PERSIST_SECRETS",
     .value = "BOOL",
     .fallback = "false",
     .takes = "true or false",
     .example = "true",
     .read = [](const Reading& r) { read_bool(r, r.options.persist_secrets); },
     .help =
         "Whether the pipelines' secrets are kept in VF_DATA_DIR (mode 0600), so that pipelines that need them start "
         "before the server has answered. Without it those wait for the server; a Vector that runs runs on in any "
         "case."},
    {.section = "Pipelines",
     .name = "VF_VECTOR_DATA_DIR",
     .value = "FOLDER",
     .fallback = "/var/lib/vector",
     .takes = "an absolute path of letters, digits and ._/@+-",
     .example = "/srv/vector",
     .read = [](const Reading& r) { read_data_dir(r, r.options.vector_data_dir); },
     .help =
         "Below it each pipeline whose YAML names no data_dir gets a folder of its own for checkpoints and disk "
         "buffers, pipelines/NAME. What an older agent's Vectors left in the folder itself for a pipeline's "
         "components is moved there once, at its first start; what several pipelines claim stays where it is. Where "
         "the default cannot be written, VF_DATA_DIR/vector is used."},
    {.section = "Pipelines",
     .name = "VF_PIPELINE_MEMORY_MAX",
     .value = "SIZE",
     .takes = "a size from 16M to 1024T; K, M, G and T count by 1024",
     .example = "512M",
     .read =
         [](const Reading& r) {
           const auto size = supervisor::parse_memory_size(r.text);
           if (!size) return r.mistake(size.error().reason);
           r.options.pipeline_limits.memory_bytes = size.value();
         },
     .help = "How much memory one pipeline may use, what its Vector starts included; above it the kernel kills the "
             "pipeline, the agent says so and starts it again. An idle Vector takes about 60 MiB. Needs cgroup v2, "
             "delegated to the agent (systemd: Delegate=yes); elsewhere it is said once and pipelines run without."},
    {.section = "Pipelines",
     .name = "VF_PIPELINE_CPU_MAX",
     .value = "CPUS",
     .takes = "a number of CPUs from 0.01 to 10000, as 0.5, 500m or 50%",
     .example = "0.5",
     .read =
         [](const Reading& r) {
           const auto share = supervisor::parse_cpu(r.text);
           if (!share) return r.mistake(share.error().reason);
           r.options.pipeline_limits.cpu_microseconds = share.value();
         },
     .help = "How much CPU time one pipeline may use; it is slowed down to that. Needs what VF_PIPELINE_MEMORY_MAX "
             "needs."},
    {.section = "Pipelines",
     .name = "VF_MASS_STOP_GUARD",
     .value = "NUMBER",
     .fallback = "0",
     .takes = "a number from 0 to 100000, 0 for no guard",
     .example = "10",
     .read = [](const Reading& r) { read_count(r, 0, 100000, r.options.mass_stop_guard); },
     .help = "When the control plane wants to stop more pipelines than this at once, they run on until it has said so "
             "for three more polls. Without it every wish is believed: a server in maintenance wants none, and stops "
             "all."},
    {.section = "Pipelines",
     .name = "VF_RELOAD_TIMEOUT",
     .value = "DURATION",
     .fallback = "35s",
     .takes = "a duration from 1s to 10m",
     .example = "1m",
     .read = [](const Reading& r) { read_duration(r, 1s, 10min, r.options.reload_timeout); },
     .help = "How long Vector may take to say how a reload went; then it is restarted with the new configuration. A "
             "source that does not end holds a reload up for 30 s."},
    {.section = "Pipelines",
     .name = "VF_VECTOR_BIN",
     .value = "PROGRAM",
     .fallback = "vector",
     .takes = "the path of a program, or a name to look up on PATH",
     .example = "/opt/vector/bin/vector",
     .read = [](const Reading& r) { read_program(r, r.options.vector_bin); },
     .help = "The Vector that runs the pipelines. Where it is missing the agent says so and tries again; it does not "
             "exit."},
    {.section = "Pipelines",
     .name = "VF_STOP_TIMEOUT",
     .value = "DURATION",
     .fallback = "65s",
     .takes = "a duration from 0 to 24h",
     .example = "90s",
     .read = [](const Reading& r) { read_duration(r, 0s, 24h, r.options.stop_timeout); },
     .help = "How long a Vector that was told to stop may take to drain before it is killed; 0 kills at once. Vector "
             "itself gives up after 60 s. Whoever stops the agent must be more patient than this "
             "(terminationGracePeriodSeconds, TimeoutStopSec)."},
    {.section = "Pipelines",
     .name = "VF_SIDECAR",
     .value = "MODE",
     .fallback = "lean",
     .takes = "lean or full",
     .example = "full",
     .read =
         [](const Reading& r) {
           read_choice(
               r, array<pair<string_view, SidecarMode>, 2>{{{"lean", SidecarMode::lean}, {"full", SidecarMode::full}}},
               r.options.sidecar);
         },
     .help = "What the agent adds to each Vector to read its metrics: lean lets through only the series that the agent "
             "reads and takes the host's figures from /proc, once; full exports everything from every Vector, "
             "host_metrics with the command lines of all processes included, to every local user."},
    {.section = "Pipelines",
     .name = "VF_PORT_BASE",
     .value = "PORT",
     .fallback = "8688",
     .takes = "a port from 1 to 65534",
     .example = "18688",
     .read = [](const Reading& r) { read_port(r, 1, 65534, r.options.port_base); },
     .help = "The first port of the first pipeline. Each pipeline gets two ports on 127.0.0.1, metrics and API, "
             "counted upward from here; a pair that another program holds is skipped."},
    {.section = "Pipelines",
     .name = "VF_ENV_ALLOW",
     .value = "NAME,PREFIX_*,...",
     .takes = "names of variables with commas between them, a '*' at the end of one standing for any ending",
     .example = "PATH,HOME,AWS_*",
     .empty_flag = true,
     .read =
         [](const Reading& r) {
           read_env_allow(r, r.options.env_allow);
           r.options.env_allow_set = true;
         },
     .help = "Makes what a Vector inherits from the agent's environment a strict list: only these variables, and the "
             "pipeline's own secrets. Without it a Vector gets everything but VF_* (the token), what belongs to "
             "systemd, and the VECTOR_* variables that are options of Vector's command line. The flag may be empty "
             "(--env-allow=): then nothing is inherited."},

    {.section = "Logs",
     .name = "VF_LOG_LEVEL",
     .value = "LEVEL",
     .fallback = "info",
     .takes = "debug, info, warn or error",
     .example = "debug",
     .read =
         [](const Reading& r) {
           read_choice(r,
                       array<pair<string_view, LogLevel>, 4>{{{"debug", LogLevel::debug},
                                                              {"info", LogLevel::info},
                                                              {"warn", LogLevel::warn},
                                                              {"error", LogLevel::error}}},
                       r.options.log_level);
         },
     .help = "How much the agent says about itself. A pipeline's level is the control plane's to set."},
    {.section = "Logs",
     .name = "VF_LOG_FORMAT",
     .value = "FORMAT",
     .fallback = "text",
     .takes = "text or json",
     .example = "json",
     .read =
         [](const Reading& r) {
           read_choice(r,
                       array<pair<string_view, LogFormat>, 2>{{{"text", LogFormat::text}, {"json", LogFormat::json}}},
                       r.options.log_format);
         },
     .help = "The form of the agent's own lines: for people, or one JSON object a line."},
    {.section = "Logs",
     .name = "VF_ECHO_LOGS",
     .value = "BOOL",
     .fallback = "true",
     .takes = "true or false (or 1, t, T, TRUE, True, 0, f, F, FALSE, False)",
     .example = "false",
     .read = [](const Reading& r) { read_bool(r, r.options.echo_logs); },
     .help = "Whether the lines of every Vector also appear in the agent's own output, each with its pipeline's name."},
    {.section = "Logs",
     .name = "VF_LOG_FLUSH_INTERVAL",
     .value = "DURATION",
     .fallback = "2s",
     .takes = "a duration from 100ms to 1h",
     .example = "5s",
     .read = [](const Reading& r) { read_duration(r, 100ms, 1h, r.options.log_flush_interval); },
     .help = "How often the pipelines' new log lines are sent to the server, at most. Nothing is sent where there are "
             "none."},

    {.section = "Metrics and health",
     .name = "VF_METRICS_PORT",
     .value = "PORT",
     .fallback = "9090",
     .takes = "a port from 0 to 65535, 0 for no listener",
     .example = "9598",
     .read = [](const Reading& r) { read_port(r, 0, 65535, r.options.metrics_port); },
     .help = "Where /metrics, /healthz and /readyz are served; 0 turns them off."},
    {.section = "Metrics and health",
     .name = "VF_METRICS_ADDR",
     .value = "ADDRESS",
     .fallback = "::",
     .takes = "an IPv4 or IPv6 address",
     .example = "127.0.0.1",
     .read = [](const Reading& r) { read_address(r, r.options.metrics_addr); },
     .help = "The address to listen on with VF_METRICS_PORT. The default is every interface, IPv4 and IPv6; 0.0.0.0 is "
             "every interface, IPv4 only."},

    {.section = "The page",
     .name = "VF_UI_ADDR",
     .value = "HOST:PORT",
     .takes = "an IP address or localhost, and a port from 0 to 65535, 0 for one that is free",
     .example = "127.0.0.1:8787",
     .read = [](const Reading& r) { read_endpoint(r, r.options.ui_addr, r.options.ui_port); },
     .help =
         "Where a page is served that shows what this agent runs, live: states, figures, logs and events. Off unless "
         "it is set. The agent prints its address with a token at the start; who has that can see everything and "
         "restart pipelines. There is no TLS: let it listen on 127.0.0.1 and reach it from elsewhere through ssh."},

    {.section = "TLS",
     .name = "VF_CA_FILE",
     .value = "FILE",
     .takes = "the name of a readable PEM file with certificates",
     .example = "/etc/vf-agent/ca.pem",
     .read = [](const Reading& r) { read_pem_file(r, "CERTIFICATE", r.options.ca_file); },
     .help = "The certificate authorities to trust for the server, instead of the system's."},
    {.section = "TLS",
     .name = "VF_CLIENT_CERT",
     .value = "FILE",
     .takes = "the name of a readable PEM file with the certificate, together with VF_CLIENT_KEY",
     .example = "/etc/vf-agent/client.pem",
     .read = [](const Reading& r) { read_pem_file(r, "CERTIFICATE", r.options.client_cert); },
     .help = "The certificate, with its chain, that this node shows to a server or proxy which asks for one."},
    {.section = "TLS",
     .name = "VF_CLIENT_KEY",
     .value = "FILE",
     .takes = "the name of a readable PEM file with the private key, together with VF_CLIENT_CERT",
     .example = "/etc/vf-agent/client.key",
     .read = [](const Reading& r) { read_pem_file(r, "PRIVATE KEY", r.options.client_key); },
     .help = "The key of VF_CLIENT_CERT, without a passphrase."},

    {.section = "Updates",
     .name = "VF_UPDATE_PUBLIC_KEY",
     .value = "BASE64",
     .takes = "the base64 of a raw Ed25519 public key, 44 characters",
     .example = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
     .read = [](const Reading& r) { read_public_key(r, r.options.update_public_key); },
     .help = "Where it is set, an update of the agent that the server asks for must be signed with this key; unsigned "
             "ones are refused."},

    {.section = "Proxies",
     .name = "HTTPS_PROXY",
     .given = Given::either_case,
     .value = "URL",
     .takes = "http://[USER:PASSWORD@]HOST[:PORT]",
     .example = "http://proxy.example.com:3128",
     .read = [](const Reading& r) { read_text(r, r.options.https_proxy); },
     .help = "The proxy for a server whose VF_URL is https. The name may be in lower case, which wins where both are "
             "set, as in curl. Vectors inherit it too."},
    {.section = "Proxies",
     .name = "HTTP_PROXY",
     .given = Given::either_case,
     .value = "URL",
     .takes = "http://[USER:PASSWORD@]HOST[:PORT]",
     .example = "http://proxy.example.com:3128",
     .read = [](const Reading& r) { read_text(r, r.options.http_proxy); },
     .help = "The same for a server whose VF_URL is http."},
    {.section = "Proxies",
     .name = "NO_PROXY",
     .given = Given::either_case,
     .value = "HOST,...",
     .takes = "hosts, domains and addresses with commas between them, or *",
     .example = "localhost,127.0.0.1,.internal.example.com",
     .read = [](const Reading& r) { read_text(r, r.options.no_proxy); },
     .help = "What is reached without a proxy. The name may be in lower case, which wins where both are set."},
};

}  // namespace

std::span<const Option> option_table() {
  return kTable;
}

std::string flag_of(const Option& option) {
  if (option.given != Given::variable_or_flag) return "";
  std::string flag = "--";
  for (const char c : option.name.substr(std::string_view("VF_").size())) {
    flag += c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return flag;
}

}  // namespace vf::agent
