// vf-agent: reads its options, then runs. Exit codes: 0 ended as asked, 1 cannot run, 78 (EX_CONFIG) mistakes in options.
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/console.h"
#include "agent/control/vectorflow/node_token.h"
#include "agent/go_duration.h"
#include "agent/log.h"
#include "agent/option_files.h"
#include "agent/options_parse.h"
#include "agent/options_text.h"
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

int run(vf::agent::Options options, std::map<std::string, std::string> environment,
        const std::vector<std::string>& warnings) {
  ::signal(SIGPIPE, SIG_IGN);
  ::mallopt(M_ARENA_MAX, 2);  // a dozen threads that allocate little need no arena each
  raise_descriptor_limit();
  const vf::agent::LogFormat format = options.log_format;
  vf::agent::Console console(
      STDERR_FILENO, [format](std::uint64_t lines) { return vf::agent::Log::dropped_line(format, lines); });
  vf::agent::Log log(console, options.log_level, format);
  for (const std::string& warning : warnings) log.warn(warning);
  return vf::agent::Agent(std::move(options), std::move(environment), log).run();
}

}  // namespace

int main(int argc, char** argv) {
  // Started with 0, 1 or 2 closed, the next file or socket would take its number, and our output would go there.
  for (int descriptor = ::open("/dev/null", O_RDWR); descriptor >= 0; descriptor = ::open("/dev/null", O_RDWR)) {
    if (descriptor <= STDERR_FILENO) continue;
    ::close(descriptor);
    break;
  }
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  auto environment = own_environment();
  const vf::agent::RealOptionFiles files;
  auto outcome = vf::agent::parse_options(arguments, environment, files);
  switch (outcome.command) {
    case vf::agent::Command::help: std::fputs(vf::agent::help_text().c_str(), stdout); return 0;
    case vf::agent::Command::version: std::printf("vf-agent %s\n", vf::agent::version); return 0;
    case vf::agent::Command::options_reference: std::fputs(vf::agent::options_reference().c_str(), stdout); return 0;
    case vf::agent::Command::run: break;
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
  if (const auto silence = environment.find("VF_TEST_PUSH_SILENCE"); silence != environment.end())
    if (const auto parsed = vf::agent::parse_go_duration(silence->second); parsed.ok())
      outcome.options.push_silence = std::chrono::duration_cast<std::chrono::milliseconds>(parsed.value());
  return run(std::move(outcome.options), std::move(environment), outcome.warnings);
}
