#include "agent/commands/vector_asker.h"

#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <optional>

#include "agent/option_files.h"
#include "agent/options_parse.h"
#include "supervisor/child_environment.h"

namespace vf::agent {
namespace {

constexpr std::size_t most_output = 256U << 10;

/// VF_ENV_ALLOW as the agent reads it.
supervisor::ChildEnvironmentRules rules_of(const Invocation& asked) {
  const RealOptionFiles files;
  std::map<std::string, std::string> only;
  if (const auto given = asked.environment.find("VF_ENV_ALLOW"); given != asked.environment.end()) only.insert(*given);
  const ParseOutcome outcome = parse_options({"--url", "file:///"}, only, files);
  return {outcome.options.env_allow_set, outcome.options.env_allow};
}

}  // namespace

Result<std::string> vector_of(const Invocation& asked) {
  return supervisor::find_executable(asked.text("vector-bin", asked.variable("VF_VECTOR_BIN", Options().vector_bin)),
                                     asked.variable("PATH"));
}

Result<supervisor::Captured> ask_vector(const Invocation& asked, std::vector<std::string> arguments,
                                        const std::map<std::string, std::string>& secrets,
                                        std::chrono::milliseconds deadline) {
  auto executable = vector_of(asked);
  if (!executable) return executable.error();
  supervisor::Command command;
  command.executable = std::move(executable).value();
  command.arguments = std::move(arguments);
  command.environment = supervisor::child_environment(asked.environment, rules_of(asked), "", secrets);
  boost::asio::io_context loop;
  std::optional<Result<supervisor::Captured>> answer;
  boost::asio::signal_set signals(loop, SIGINT, SIGTERM);
  const auto cancel =
      supervisor::capture(loop, std::move(command), deadline, most_output, [&](Result<supervisor::Captured> captured) {
        answer.emplace(std::move(captured));
        loop.stop();
      });
  signals.async_wait([&](boost::system::error_code failed, int) {
    if (failed) return;
    cancel();
    answer.emplace(Error{"ask Vector", "interrupted", EINTR});
    loop.stop();
  });
  loop.run();
  if (!answer) return Error{"ask Vector", "it gave no answer", 0};
  return std::move(*answer);
}

}  // namespace vf::agent
