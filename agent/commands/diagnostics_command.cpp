// vf-agent diagnostics
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <cerrno>
#include <climits>
#include <ctime>
#include <filesystem>

#include "agent/commands/build_facts.h"
#include "agent/commands/commands.h"
#include "agent/commands/diagnostics_files.h"
#include "agent/commands/inspect_text.h"
#include "agent/commands/json_reading.h"
#include "agent/commands/likely_secrets.h"
#include "agent/commands/status_text.h"
#include "agent/commands/stream_object.h"
#include "agent/commands/terminal.h"
#include "agent/control/vectorflow/node_token.h"
#include "agent/local/local_client.h"
#include "metrics/procfs.h"
#include "supervisor/atomic_file.h"
#include "supervisor/process/unique_descriptor.h"

namespace vf::agent {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::size_t largest_secret_file = 1U << 20;
constexpr std::size_t most_files_listed = 2000;

void add_file(std::map<std::string, std::string>& secrets, const std::string& path) {
  auto text = supervisor::read_file(path, largest_secret_file);
  if (text && !text.value().empty()) secrets.emplace(path, std::move(text).value());
}

void add_all(std::map<std::string, std::string>& secrets, const std::map<std::string, std::string>& more,
             const std::string& from) {
  for (const auto& [name, value] : more) secrets.emplace(from + ": " + name, value);
}

std::map<std::string, std::string> environment_of(std::int64_t pid) {
  std::map<std::string, std::string> environment;
  std::string text;
  if (metrics::read_proc_file("/proc/" + std::to_string(pid) + "/environ", text) != 0) return environment;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    const std::size_t equals = text.find('=', begin);
    if (equals < end) environment[text.substr(begin, equals - begin)] = text.substr(equals + 1, end - equals - 1);
    begin = end + 1;
  }
  return environment;
}

/// What the agent that runs was given, as far as this user may see it: its Vectors inherit that, and print it.
void add_of_agent(std::map<std::string, std::string>& secrets, const std::string& data_dir) {
  const auto status = ask_agent(data_dir, "/status");
  if (!status) return;  // which is told where it is asked for
  if (const auto report = read_object(status.value().body))
    add_all(secrets, likely_secrets_of(environment_of(whole(report.value(), "pid"))), "environment of the agent");
  const auto options = ask_agent(data_dir, "/options");
  if (!options) return;
  const auto listed = read_object("{\"options\":" + options.value().body + "}");
  if (!listed) return;
  for (const json::value& value : items(listed.value(), "options")) {
    if (!value.is_object()) continue;
    const std::string name = words(value.get_object(), "name");
    if (name == "VF_TOKEN_FILE" || name == "VF_CLIENT_KEY") add_file(secrets, words(value.get_object(), "value"));
  }
}

/// What this program can know itself. The agent masks its pipelines' secrets in what it answers.
std::map<std::string, std::string> known_secrets(const Invocation& asked) {
  std::map<std::string, std::string> secrets;
  add_file(secrets, vectorflow::node_token_path(asked.data_dir));
  add_file(secrets, asked.data_dir + "/ui-token");
  for (const char* variable : {"VF_TOKEN_FILE", "VF_CLIENT_KEY"})
    if (const std::string path = asked.variable(variable); !path.empty()) add_file(secrets, path);
  add_all(secrets, likely_secrets_of(asked.environment), "environment");
  add_of_agent(secrets, asked.data_dir);
  std::error_code none;  // a folder that is not there has no files
  for (fs::directory_iterator at(asked.data_dir + "/certs", none), end; !none && at != end; at.increment(none)) {
    auto text = supervisor::read_file(at->path().string(), largest_secret_file);
    if (text && text.value().find("PRIVATE KEY") != std::string::npos)
      secrets.emplace(at->path().string(), std::move(text).value());
  }
  for (const char* folder : {"/pipelines", "/staged"})
    for (fs::directory_iterator at(asked.data_dir + folder, none), end; !none && at != end; at.increment(none))
      if (const auto text = supervisor::read_file(at->path().string()))
        add_all(secrets, likely_secrets_in(text.value()), at->path().filename().string());
  return secrets;
}

class Collector {
 public:
  explicit Collector(const Invocation& asked) : asked_(asked), files_(known_secrets(asked)) {}

  void collect(std::int64_t now) {
    now_ = now;
    add_versions();
    add_listing();
    if (const auto report = add_status()) {
      put("/options", "options.json", "the agent's options; secret ones are ***");
      put("/readings?components=1", "readings.json", "figures of every pipeline and its components");
      put("/metrics", "metrics.txt", "the agent's metrics, as Prometheus reads them");
      std::size_t number = 0;
      for (const json::value& value : items(*report, "pipelines"))
        if (value.is_object()) add_pipeline(words(value.get_object(), "id"), ++number);
    }
  }

  [[nodiscard]] bool agent_answers() const { return !unreachable_; }
  [[nodiscard]] const std::string& why_not() const { return why_not_; }
  DiagnosticsFiles take() && { return std::move(files_); }

 private:
  std::optional<std::string> get(const std::string& target) {
    if (unreachable_) {  // with 500 pipelines it would take an hour to say so of each
      files_.miss(target, "not asked for, as the agent did not answer");
      return std::nullopt;
    }
    const auto reply = ask_agent(asked_.data_dir, target);
    if (reply && reply.value().status == 200) return reply.value().body;
    files_.miss(target, reply ? reason_of(reply.value()) : reply.error().message());
    if (!reply) {
      unreachable_ = true;
      why_not_ = reply.error().message();
    }
    return std::nullopt;
  }

  void put(const std::string& target, const std::string& name, const std::string& what) {
    if (auto body = get(target)) files_.add(name, *body + (body->ends_with('\n') ? "" : "\n"), what);
  }

  void add_versions() {
    json::object facts = program_facts(asked_);
    facts["host"] = host_facts();
    facts["at"] = file_time(now_);
    facts["dataDir"] = asked_.data_dir;
    files_.add("versions.json", json::serialize(facts) + "\n",
               "this program, Vector, the kernel, the operating system");
  }

  /// Names, sizes and modes; no content.
  void add_listing() {
    std::string text;
    std::size_t count = 0;
    std::error_code failed;
    fs::recursive_directory_iterator at(asked_.data_dir, fs::directory_options::skip_permission_denied, failed), end;
    for (; !failed && at != end; at.increment(failed)) {
      if (++count > most_files_listed) {
        text += "... and more\n";
        break;
      }
      struct stat facts {};
      if (::lstat(at->path().c_str(), &facts) != 0) continue;
      char line[96];
      std::snprintf(line, sizeof line, "%06o %5u %12lld %s  ", facts.st_mode, facts.st_uid,
                    static_cast<long long>(facts.st_size), file_time(facts.st_mtime).c_str());
      text += line + harmless(fs::relative(at->path(), asked_.data_dir, failed).string()) + "\n";
    }
    if (failed) files_.miss("files of " + asked_.data_dir, failed.message());
    files_.add("data-dir.txt", text, "mode, owner, size, time and name of what is in the data directory; no content");
  }

  std::optional<json::object> add_status() {
    const auto body = get("/status");
    if (!body) return std::nullopt;
    auto report = read_object(*body);
    if (!report) {
      files_.miss("/status", report.error().message());
      return std::nullopt;
    }
    files_.add("status.json", *body + "\n", "what `vf-agent status -o json` prints");
    if (const auto text = status_text(*body, now_, {}))
      files_.add("status.txt", text.value(), "what `vf-agent status` prints");
    files_.add("deaths.json", json::serialize(items(report.value(), "deaths")) + "\n",
               "how the last processes ended, newest first");
    return std::move(report).value();
  }

  void add_pipeline(const std::string& id, std::size_t number) {
    const std::string folder = "pipelines/" + diagnostics_folder(id, number) + "/";
    const std::string base = "/pipelines/" + encode_part(id);
    if (const auto body = get(base + "/inspect")) {
      const auto kept = without_yaml(*body);
      if (kept)
        files_.add(folder + "inspect.json", kept.value() + "\n", "version, ports, components; not its YAML");
      else
        files_.miss(base + "/inspect", kept.error().message());
    }
    if (unreachable_) return files_.miss(base + "/logs", "not asked for, as the agent did not answer");
    std::string lines;
    StreamReader reader;
    reader.on_line = [&](std::string_view line) {
      const StreamObject object = read_stream_object(line);
      if (object.kind == StreamObject::Kind::line) lines += object.text + "\n";
      return true;
    };
    const std::string target = base + "/logs?n=500";
    const auto ended = read_stream(asked_.data_dir, target, reader);
    if (!ended || ended.value().reply.status != 200)
      files_.miss(base + "/logs", ended ? reason_of(ended.value().reply) : ended.error().message());
    else
      files_.add(folder + "log.txt", lines, "the last lines of its log");
  }

  const Invocation& asked_;
  DiagnosticsFiles files_;
  std::int64_t now_ = 0;
  bool unreachable_ = false;
  std::string why_not_;
};

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  ::gethostname(name, sizeof name - 1);
  std::string safe;
  for (const char c : std::string(name)) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    safe += plain ? c : '-';
  }
  return safe.empty() ? "host" : safe;
}

/// 0600, as it tells much of the host all the same.
Status write_file(const std::string& path, const std::string& bytes) {
  const supervisor::UniqueDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  struct stat facts {};
  if (!file || ::fstat(file.get(), &facts) != 0) return system_error("write " + path, errno);
  if (S_ISREG(facts.st_mode) && ::fchmod(file.get(), 0600) != 0)  // one that was there keeps its mode else
    return system_error("keep " + path + " from other users", errno);
  return supervisor::write_all(file.get(), bytes, path);
}

}  // namespace

int run_diagnostics(const Invocation& asked) {
  const std::int64_t now = std::time(nullptr);
  const std::string top = "vf-agent-diagnostics-" + host_name() + "-" + file_time(now);
  const std::string path = asked.text("output", top + ".tar.gz");
  if (path == "-" && look_at_output(asked.environment).is_one)
    return complain("diagnostics: the archive is nothing for a terminal; redirect it, or give -o FILE",
                    exit_code::usage);
  Collector collector(asked);
  collector.collect(now);
  const bool whole = collector.agent_answers();
  const std::string why_not = collector.why_not();
  const auto bytes = std::move(collector).take().archive(top, now);
  if (!bytes) return complain(bytes.error(), exit_code::failed);
  if (path == "-") {
    if (!print(bytes.value())) return exit_code::failed;
  } else {
    if (const Status written = write_file(path, bytes.value()); !written)
      return complain(written.error(), exit_code::failed);
    if (!print("written to " + path + "; look through it before you hand it on\n")) return exit_code::failed;
  }
  if (!whole) return complain(why_not + "; the archive has what there is without it", exit_code::unreachable);
  return exit_code::done;
}

}  // namespace vf::agent
