#include "tests/support/standin_vector/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/standin_vector/text.h"

namespace standin {
namespace {

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// Walks the arguments; knows --name value, --name=value and -n value.
class Arguments {
 public:
  explicit Arguments(const std::vector<std::string>& all) : all_(all) {}

  bool next() {
    if (at_ >= all_.size()) return false;
    current_ = all_[at_++];
    inline_value_.reset();
    const auto equals = current_.find('=');
    if (current_.starts_with("--") && equals != std::string::npos) {
      inline_value_ = current_.substr(equals + 1);
      current_.resize(equals);
    }
    return true;
  }
  [[nodiscard]] const std::string& current() const { return current_; }
  [[nodiscard]] bool is(std::string_view a, std::string_view b = "\x01") const {
    return current_ == a || current_ == b;
  }
  [[nodiscard]] bool is_flag() const { return current_.size() > 1 && current_.front() == '-'; }

  std::string value() {
    if (inline_value_) return *inline_value_;
    if (at_ >= all_.size()) throw UsageError("a value is required for '" + current_ + "' but none was supplied");
    if (all_[at_].size() > 1 && all_[at_].front() == '-') {  // only --option=-value can begin so
      throw UsageError("unexpected argument '" + all_[at_] + "' found");
    }
    return all_[at_++];
  }
  int number(int minimum) {
    const std::string name = current_;
    const std::string text = value();
    char* end = nullptr;
    const long number = std::strtol(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0') {
      throw UsageError("invalid value '" + text + "' for '" + name + "': invalid digit found in string");
    }
    if (number < minimum) {
      throw UsageError("invalid value '" + text + "' for '" + name + "': " + text + " is not in " +
                       std::to_string(minimum) + "..");
    }
    return static_cast<int>(number);
  }

 private:
  const std::vector<std::string>& all_;
  std::size_t at_ = 0;
  std::string current_;
  std::optional<std::string> inline_value_;
};

void add_list(std::vector<ConfigPath>& to, const std::string& comma_separated, bool yaml_hint) {
  std::size_t from = 0;
  while (from < comma_separated.size()) {
    const auto comma = std::min(comma_separated.find(',', from), comma_separated.size());
    to.push_back({comma_separated.substr(from, comma - from), yaml_hint});
    from = comma + 1;
  }
}

void add_patterns(std::vector<std::string>& to, const std::string& comma_separated) {
  std::size_t from = 0;
  while (from <= comma_separated.size()) {
    const auto comma = std::min(comma_separated.find(',', from), comma_separated.size());
    to.push_back(comma_separated.substr(from, comma - from));
    from = comma + 1;
  }
}

void parse_tap(Arguments& arguments, TapOptions& tap, const Dialect& dialect) {
  const bool checked = dialect.grpc_api();  // before, clap took any number
  while (arguments.next()) {
    if (arguments.is("--url", "-u"))
      tap.url = arguments.value();
    else if (arguments.is("--interval", "-i"))
      tap.interval = std::chrono::milliseconds(std::max(1, arguments.number(checked ? 100 : 0)));
    else if (arguments.is("--limit", "-l"))
      tap.limit = arguments.number(checked ? 1 : 0);
    else if (arguments.is("--duration-ms", "-d"))
      tap.duration = std::chrono::milliseconds(arguments.number(1));
    else if (arguments.is("--format", "-f"))
      tap.format = arguments.value();
    else if (arguments.is("--quiet", "-q"))
      tap.quiet = true;
    else if (arguments.is("--meta", "-m"))
      tap.meta = true;
    else if (arguments.is("--no-reconnect", "-n"))
      tap.no_reconnect = true;
    else if (arguments.is("--outputs-of"))
      add_patterns(tap.outputs_of, arguments.value());
    else if (arguments.is("--inputs-of"))
      add_patterns(tap.inputs_of, arguments.value());
    else if (!arguments.is_flag())
      add_patterns(tap.outputs_of, arguments.current());
    else
      throw UsageError("unexpected argument '" + arguments.current() + "' found");
  }
  if (tap.format != "json" && tap.format != "yaml" && tap.format != "logfmt") {
    throw UsageError("invalid value '" + tap.format + "' for '--format <FORMAT>'");
  }
}

CommandLine parse(const std::vector<std::string>& all, const Dialect& dialect) {
  using Command = CommandLine::Command;
  CommandLine line;
  Arguments arguments(all);
  std::vector<ConfigPath> plain;
  std::vector<ConfigPath> yaml;
  line.interpolate = dialect.interpolation_is_opt_in()
                         ? environment("VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION") == "true"
                         : environment("VECTOR_DISABLE_ENV_VAR_INTERPOLATION") != "true";
  line.json_log = environment("VECTOR_LOG_FORMAT") == "json";
  if (const auto limit = environment("VECTOR_GRACEFUL_SHUTDOWN_LIMIT_SECS"); !limit.empty()) {
    line.graceful_shutdown_limit = std::chrono::seconds(std::atoi(limit.c_str()));
  }
  while (arguments.next()) {
    const bool validating = line.command == Command::validate;
    if (arguments.is("--version", "-V"))
      line.command = Command::version;
    else if (arguments.is("--config", "-c"))
      add_list(plain, arguments.value(), false);
    else if (arguments.is("--config-yaml"))
      add_list(yaml, arguments.value(), true);
    else if (arguments.is("--threads", "-t") || arguments.is("--color") || arguments.is("--require-healthy", "-r") ||
             arguments.is("--internal-log-rate-limit", "-i"))
      arguments.value();
    else if (arguments.is("--watch-config", "-w") || arguments.is("--allow-empty-config") ||
             arguments.is("--openssl-no-probe"))
      continue;  // known to the real one, without an effect here
    else if (arguments.is("--log-format"))
      line.json_log = arguments.value() == "json";
    else if (arguments.is("--quiet", "-q"))
      line.log_level = line.log_level == "warn" ? "error" : "warn";
    else if (arguments.is("-qq"))
      line.log_level = "error";
    else if (arguments.is("--verbose", "-v"))
      line.log_level = line.log_level == "debug" ? "trace" : "debug";
    else if (arguments.is("--graceful-shutdown-limit-secs")) {
      line.graceful_shutdown_limit = std::chrono::seconds(arguments.number(1));
    } else if (arguments.is("--no-graceful-shutdown-limit"))
      line.no_graceful_shutdown_limit = true;
    else if (dialect.interpolation_is_opt_in() && arguments.is("--dangerously-allow-env-var-interpolation")) {
      line.interpolate = true;
    } else if (!dialect.interpolation_is_opt_in() && arguments.is("--disable-env-var-interpolation")) {
      line.interpolate = false;
    } else if (validating && arguments.is("--no-environment"))
      line.no_environment = true;
    else if (validating && arguments.is("--skip-healthchecks"))
      line.skip_healthchecks = true;
    else if (validating && arguments.is("--deny-warnings", "-d"))
      continue;
    else if (validating && !arguments.is_flag())
      add_list(plain, arguments.current(), false);
    else if (line.command == Command::run && arguments.is("validate"))
      line.command = Command::validate;
    else if (line.command == Command::run && arguments.is("tap")) {
      line.command = Command::tap;
      parse_tap(arguments, line.tap, dialect);
    } else
      throw UsageError("unexpected argument '" + arguments.current() + "' found");
  }
  // As for any option of the real command, the variable counts only where the option itself was not given.
  if (plain.empty()) add_list(plain, environment("VECTOR_CONFIG"), false);
  if (yaml.empty()) add_list(yaml, environment("VECTOR_CONFIG_YAML"), true);
  line.configs = plain;
  line.configs.insert(line.configs.end(), yaml.begin(), yaml.end());
  if (line.configs.empty()) line.configs.push_back({"/etc/vector/vector.yaml", false});
  std::sort(line.configs.begin(), line.configs.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  line.configs.erase(std::unique(line.configs.begin(), line.configs.end(),
                                 [](const auto& a, const auto& b) { return a.path == b.path; }),
                     line.configs.end());
  return line;
}

}  // namespace

std::optional<CommandLine> parse_command_line(const std::vector<std::string>& arguments, const Dialect& dialect) {
  try {
    return parse(arguments, dialect);
  } catch (const UsageError& mistake) {
    write_all(STDERR_FILENO, std::string("error: ") + mistake.what() +
                                 "\n\nUsage: vector [OPTIONS] [COMMAND]\n\nFor more information, try '--help'.\n");
    return std::nullopt;
  }
}

}  // namespace standin
