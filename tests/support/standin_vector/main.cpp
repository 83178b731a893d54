// The stand-in Vector: what tests, benches and the quickstart run where there is no real one. See README.md in this
// folder.
#include <unistd.h>

#include <csignal>

#include "tests/support/standin_vector/application.h"
#include "tests/support/standin_vector/tap.h"
#include "tests/support/standin_vector/text.h"
#include "tests/support/standin_vector/validate.h"
#include "tests/support/standin_vector/vector_log.h"

int main(int argc, char** argv) {
  using namespace standin;
  ProcessFacts facts = gather_process_facts();  // before anything here opens a descriptor
  std::signal(SIGPIPE, SIG_IGN);                // as Rust's runtime does
  const Dialect dialect = detect_dialect(argv[0]);
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
