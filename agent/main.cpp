// vf-agent: reads its options, then runs. Exit codes: 0 ended as asked, 1 cannot run, 78 (EX_CONFIG) mistakes in
// options.
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/commands/client_commands.h"
#include "agent/console.h"
#include "agent/control/vectorflow/node_token.h"
#include "agent/go_duration.h"
#include "agent/log.h"
#include "agent/option_files.h"
#include "agent/options_parse.h"
#include "agent/options_text.h"
#include "agent/update/guard.h"
#include "agent/version.h"

namespace {

constexpr int exit_bad_options = 78;

std::map<std::string, std::string> own_environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string line = *entry;
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos && equals > 0) environment.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return environment;
}

/// A pipeline takes about five descriptors; the usual soft limit of 1024 would end at 200 of them.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// The file that was asked for, where that is what runs: it may be a link that is to lead to another version.
std::string own_binary(const std::string& asked_for) {
  char resolved[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", resolved, sizeof resolved);
  std::string running(resolved, length > 0 ? static_cast<std::size_t>(length) : 0);
  constexpr std::string_view gone = " (deleted)";  // replaced already
  if (running.ends_with(gone)) running.resize(running.size() - gone.size());
  const bool same = asked_for.find('/') != std::string::npos && ::realpath(asked_for.c_str(), resolved) != nullptr &&
                    running == resolved;
  if (!same) return running;
  if (asked_for.starts_with('/')) return asked_for;
  return ::getcwd(resolved, sizeof resolved) != nullptr ? std::string(resolved) + "/" + asked_for : running;
}

int run(vf::agent::Options options, const vf::agent::Launch& launch, std::optional<vf::agent::Handover> handover,
        const std::vector<std::string>& warnings) {
  ::signal(SIGPIPE, SIG_IGN);
  ::mallopt(M_ARENA_MAX, 2);  // a dozen threads that allocate little need no arena each
  raise_descriptor_limit();
  const vf::agent::LogFormat format = options.log_format;
  const std::string data_dir = options.data_dir;
  const auto trial = options.update_trial;
  vf::agent::Agent::Ending ending;
  {
    vf::agent::Console console(STDERR_FILENO,
                               [format](std::uint64_t lines) { return vf::agent::Log::dropped_line(format, lines); });
    vf::agent::Log log(console, options.log_level, format);
    for (const std::string& warning : warnings) log.warn(warning);
    ending = vf::agent::Agent(std::move(options), launch, log).run(std::move(handover));
  }
  if (!ending.upgrade) return ending.code;
  vf::agent::Handover next;
  next.lock = ending.lock.get();
  next.was_connected = ending.was_connected;
  next.from = vf::agent::version;
  const vf::Error failed = vf::agent::perform_upgrade(*ending.upgrade, launch, data_dir, trial, std::move(next));
  std::fprintf(stderr, "vf-agent: %s\n", failed.message().c_str());
  return 1;
}

/// What the project's tests make shorter or otherwise.
void read_test_settings(const std::map<std::string, std::string>& environment, vf::agent::Options& options) {
  const auto read = [&](const char* name, std::chrono::milliseconds& into) {
    const auto given = environment.find(name);
    if (given == environment.end()) return;
    if (const auto parsed = vf::agent::parse_go_duration(given->second); parsed.ok())
      into = std::chrono::duration_cast<std::chrono::milliseconds>(parsed.value());
  };
  read("VF_TEST_PUSH_SILENCE", options.push_silence);
  read("VF_TEST_UPDATE_TRIAL", options.update_trial);
  read("VF_TEST_TAP_LIFE", options.tap_life);
  if (const auto given = environment.find("VF_TEST_CONTAINER"); given != environment.end())
    options.in_container = given->second == "true";
}

}  // namespace

int main(int argc, char** argv) {
  // Started with 0, 1 or 2 closed, the next file or socket would take its number, and our output would go there.
  for (int descriptor = ::open("/dev/null", O_RDWR); descriptor >= 0; descriptor = ::open("/dev/null", O_RDWR)) {
    if (descriptor <= STDERR_FILENO) continue;
    ::close(descriptor);
    break;
  }
  const std::vector<std::string> all(argv, argv + argc);
  auto environment = own_environment();
  std::optional<vf::agent::Handover> handover;
  if (const auto given = environment.extract(vf::agent::handover_variable))
    handover = vf::agent::decode_handover(given.mapped());
  ::unsetenv(vf::agent::handover_variable);
  if (all.size() > 1 && all[1] == vf::agent::guard_command) return vf::agent::run_guard(all, environment);
  const std::vector<std::string> arguments(all.begin() + 1, all.end());
  if (const auto code = vf::agent::run_client_command(arguments, environment)) return *code;
  const vf::agent::RealOptionFiles files;
  auto outcome = vf::agent::parse_options(arguments, environment, files);
  switch (outcome.command) {
    case vf::agent::Command::help:
      std::fputs(vf::agent::help_text().c_str(), stdout);
      return 0;
    case vf::agent::Command::version:
      std::printf("vf-agent %s\n", vf::agent::version);
      return 0;
    case vf::agent::Command::options_reference:
      std::fputs(vf::agent::options_reference().c_str(), stdout);
      return 0;
    case vf::agent::Command::check_options:
    case vf::agent::Command::run:
      break;
  }
  if (outcome.mistakes.empty() && !outcome.options.is_directory() && outcome.options.token.empty()) {
    const auto kept = vf::agent::vectorflow::load_node_token(outcome.options.data_dir);
    if (!kept || kept.value().empty())
      outcome.mistakes.push_back("VF_TOKEN is missing: this node is not enrolled yet (no token in " +
                                 vf::agent::vectorflow::node_token_path(outcome.options.data_dir) +
                                 "); set VF_TOKEN or VF_TOKEN_FILE to an enrolment token");
  }
  if (!outcome.mistakes.empty()) {
    // A name that was misspelt is often why another is missing.
    for (const std::string& warning : outcome.warnings) std::fprintf(stderr, "vf-agent: %s\n", warning.c_str());
    for (const std::string& mistake : outcome.mistakes) std::fprintf(stderr, "vf-agent: %s\n", mistake.c_str());
    std::fprintf(stderr, "vf-agent: %zu mistake%s in the options; `vf-agent --help` lists them all\n",
                 outcome.mistakes.size(), outcome.mistakes.size() == 1 ? "" : "s");
    return exit_bad_options;
  }
  if (outcome.command == vf::agent::Command::check_options) {
    for (const std::string& warning : outcome.warnings) std::fprintf(stderr, "vf-agent: %s\n", warning.c_str());
    std::printf("vf-agent %s: the options are fine\n", vf::agent::version);
    return 0;
  }
  read_test_settings(environment, outcome.options);
  const vf::agent::Launch launch{own_binary(all.empty() ? "" : all[0]), all, std::move(environment)};
  return run(std::move(outcome.options), launch, std::move(handover), outcome.warnings);
}
