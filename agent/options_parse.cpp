#include "agent/options_parse.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/nearest_name.h"
#include "agent/option_paths.h"
#include "agent/option_url.h"
#include "agent/options_shown.h"
#include "agent/options_table.h"
#include "agent/shown_value.h"

namespace vf::agent {
namespace {

using Environment = std::map<std::string, std::string>;

struct GivenValue {
  std::string who;  ///< VF_URL, --url, https_proxy
  std::string text;
  bool by_flag = false;
};
using GivenValues = std::map<std::string_view, GivenValue>;  // by the option's name

std::optional<GivenValue> from_environment(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  if (found == environment.end()) return std::nullopt;
  const std::string_view text = trimmed(found->second);
  if (text.empty()) return std::nullopt;
  return GivenValue{name, std::string(text), false};
}

std::string lower_case(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

std::optional<GivenValue> given_value(const Option& option, const CommandLine& line, const Environment& environment) {
  if (const auto flag = line.flags.find(option.name); flag != line.flags.end()) {
    return GivenValue{flag_of(option), std::string(trimmed(flag->second)), true};
  }
  if (option.given == Given::either_case) {
    if (auto value = from_environment(environment, lower_case(option.name))) return value;
  }
  return from_environment(environment, std::string(option.name));
}

Reading reading_of(const Option& option, const GivenValue& value, ParseOutcome& outcome, const OptionFiles& files) {
  return {value.who, value.text,      option.takes,     option.secret,
          files,     outcome.options, outcome.mistakes, outcome.warnings};
}

/// One of the two tokens goes, or both are a mistake.
void settle_token(GivenValues& given, std::vector<std::string>& mistakes) {
  const auto token = given.find("VF_TOKEN");
  const auto file = given.find("VF_TOKEN_FILE");
  if (token == given.end() || file == given.end()) return;
  if (!file->second.by_flag) {
    mistakes.push_back("VF_TOKEN and VF_TOKEN_FILE are both set, VF_TOKEN_FILE to " + shown_value(file->second.text) +
                       ": set one of them");
  }
  given.erase(token);
}

void check_required(const GivenValues& given, std::vector<std::string>& mistakes) {
  for (const Option& option : option_table()) {
    if (!option.required || given.contains(option.name)) continue;
    mistakes.push_back(std::string(option.name) + " is not set; it takes " + std::string(option.takes) + ", as in " +
                       std::string(option.name) + "=" + std::string(option.example));
  }
}

void check_client_certificate(const GivenValues& given, std::vector<std::string>& mistakes) {
  const auto cert = given.find("VF_CLIENT_CERT");
  const auto key = given.find("VF_CLIENT_KEY");
  if ((cert == given.end()) == (key == given.end())) return;
  const bool lacks_key = key == given.end();
  const GivenValue& there = lacks_key ? cert->second : key->second;
  mistakes.push_back(there.who + " is " + shown_value(there.text) + " and " +
                     (lacks_key ? "VF_CLIENT_KEY" : "VF_CLIENT_CERT") + " is not set: set both or neither");
}

/// What the agent writes below its data folder ends in .yaml too: read back as pipelines it would feed on itself.
void check_folders(const Options& options, const GivenValues& given, std::vector<std::string>& mistakes) {
  if (options.directory.empty() || !is_within(options.directory, options.data_dir)) return;
  const auto url = given.find("VF_URL");
  if (url == given.end()) return;
  mistakes.push_back(url->second.who + " is " + shown_value(url->second.text) +
                     ": the folder lies within VF_DATA_DIR " + shown_value(options.data_dir) +
                     ", which belongs to the agent; use another folder");
}

/// These variables are set for every program of a host and may hold what only others understand (socks5://): only the
/// one for VF_URL's scheme is judged, and only where nothing can exempt the server from it. Where something may, who
/// opens the connection decides (http/proxy.h) and says what is wrong.
void settle_proxy(ParseOutcome& outcome, const GivenValues& given, const OptionFiles& files) {
  Options& options = outcome.options;
  const bool https = options.url.starts_with("https://");
  if (!https && !options.url.starts_with("http://")) return;
  std::string& proxy = https ? options.https_proxy : options.http_proxy;
  if (proxy.empty()) return;
  auto normal = normal_proxy(proxy);
  if (normal) {
    proxy = std::move(normal).value();
    return;
  }
  const auto server = split_url(options.url);
  if (!options.no_proxy.empty() || (server && is_loopback(server->host))) return;
  for (const Option& option : option_table()) {
    if (option.name != (https ? "HTTPS_PROXY" : "HTTP_PROXY")) continue;
    reading_of(option, given.at(option.name), outcome, files).mistake(normal.error().reason);
  }
}

/// Beginnings of the variables that Kubernetes sets in every pod for the Services of its namespace: "VF_AGENT" where
/// there is a Service vf-agent (VF_AGENT_SERVICE_HOST, VF_AGENT_PORT_9090_TCP_ADDR, …).
std::vector<std::string> service_prefixes(const Environment& environment) {
  constexpr std::string_view kEnding = "_SERVICE_HOST";
  std::vector<std::string> prefixes;
  for (const auto& [name, value] : environment) {
    if (name.ends_with(kEnding)) prefixes.push_back(name.substr(0, name.size() - kEnding.size()));
  }
  return prefixes;
}

bool belongs_to_others(const std::string& name, const std::vector<std::string>& services) {
  if (name.starts_with("VF_SECRET_") || name.starts_with("VF_TEST_") || name == "VF_AGENT_USER") return true;
  return std::any_of(services.begin(), services.end(), [&](const std::string& prefix) {
    return name.starts_with(prefix + "_SERVICE_") || name == prefix + "_PORT" || name.starts_with(prefix + "_PORT_");
  });
}

void warn_of_unknown(const Environment& environment, std::vector<std::string>& warnings) {
  std::vector<std::string> known;
  for (const Option& option : option_table()) {
    if (option.given != Given::either_case) known.emplace_back(option.name);
  }
  const std::vector<std::string> services = service_prefixes(environment);
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("VF_") || std::find(known.begin(), known.end(), name) != known.end()) continue;
    if (belongs_to_others(name, services)) continue;
    warnings.push_back(name + " is no option of vf-agent and is ignored; the nearest one is " +
                       nearest_name(name, known));
  }
}

}  // namespace

ParseOutcome parse_options(const std::vector<std::string>& args, const Environment& environment,
                           const OptionFiles& files) {
  ParseOutcome outcome;
  CommandLine line = read_command_line(args);
  outcome.command = line.command;
  if (line.command != Command::run && line.command != Command::check_options) return outcome;
  outcome.mistakes = std::move(line.mistakes);

  GivenValues given;
  for (const Option& option : option_table()) {
    if (auto value = given_value(option, line, environment)) given.emplace(option.name, *std::move(value));
  }
  settle_token(given, outcome.mistakes);
  check_required(given, outcome.mistakes);
  for (const Option& option : option_table()) {
    const auto value = given.find(option.name);
    if (value == given.end()) continue;
    const Reading reading = reading_of(option, value->second, outcome, files);
    // Only a flag gets here empty; for most options that is a value forgotten, or a shell variable that was not set.
    if (value->second.text.empty() && !option.empty_flag) {
      reading.mistake("empty");
      continue;
    }
    option.read(reading);
  }
  check_client_certificate(given, outcome.mistakes);
  check_folders(outcome.options, given, outcome.mistakes);
  settle_proxy(outcome, given, files);
  warn_of_unknown(environment, outcome.warnings);
  return outcome;
}

std::vector<ShownOption> shown_options(const std::vector<std::string>& arguments, const Environment& environment) {
  const CommandLine line = read_command_line(arguments);
  std::vector<ShownOption> all;
  for (const Option& option : option_table()) {
    ShownOption& shown = all.emplace_back(ShownOption{std::string(option.name), std::string(option.fallback), false});
    const auto value = given_value(option, line, environment);
    if (!value) continue;
    shown.given = true;
    shown.value = option.secret || looks_like_token(value->text) ? "***" : without_credentials(value->text);
  }
  return all;
}

}  // namespace vf::agent
