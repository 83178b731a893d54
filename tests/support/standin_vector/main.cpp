// The stand-in Vector: what tests, benches and the quickstart run where there is no real one. See README.md in this
// folder.
#include <unistd.h>

#include <csignal>

#include "tests/support/standin_vector/application.h"
#include "tests/support/standin_vector/tap.h"
#include "tests/support/standin_vector/text.h"
#include "tests/support/standin_vector/validate.h"
#include "tests/support/standin_vector/vector_log.h"

namespace {

/// The file that runs, by whatever name it was started: a link to it, or its own /proc/<pid>/exe.
std::string own_file() {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return {path, length > 0 ? static_cast<std::size_t>(length) : 0};
}

}  // namespace

int main(int argc, char** argv) {
  using namespace standin;
  ProcessFacts facts = gather_process_facts();  // before anything here opens a descriptor
  std::signal(SIGPIPE, SIG_IGN);                // as Rust's runtime does
  const Dialect dialect = detect_dialect(argv[0], own_file());
  const auto line = parse_command_line({argv + 1, argv + argc}, dialect);
  if (!line) return kExitUsage;
  if (line->command == CommandLine::Command::version) {
    write_all(STDOUT_FILENO, dialect.version_line() + "\n");
    return 0;
  }
  vlog::banner(dialect.version);
  if (line->command == CommandLine::Command::validate) return validate(*line, dialect);
  vlog::start(line->log_level, line->json_log);
  if (line->command == CommandLine::Command::tap) return tap(line->tap, dialect);
  return Application(dialect, *line, std::move(facts)).run();
}
