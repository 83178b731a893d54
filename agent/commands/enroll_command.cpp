// vf-agent enroll, vf-agent unenroll
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "agent/commands/build_facts.h"
#include "agent/commands/commands.h"
#include "agent/commands/json_reading.h"
#include "agent/commands/terminal.h"
#include "agent/control/vectorflow/enroll_body.h"
#include "agent/control/vectorflow/error_text.h"
#include "agent/control/vectorflow/node_token.h"
#include "agent/data_dir_lock.h"
#include "agent/http/http_connection.h"
#include "agent/http_settings.h"
#include "agent/node.h"
#include "agent/option_files.h"
#include "agent/options_parse.h"
#include "agent/version.h"
#include "supervisor/atomic_file.h"

namespace vf::agent {
namespace {

using vectorflow::node_token_path;

/// Root enrols for an agent that may run as another user: what was made is to be that one's.
Status give_to_owner_of(const std::string& folder, const std::string& file) {
  struct stat facts {};
  if (::stat(folder.c_str(), &facts) != 0) return system_error("look at " + folder, errno);
  if (facts.st_uid == ::geteuid()) return success();
  if (::chown(file.c_str(), facts.st_uid, facts.st_gid) != 0)
    return system_error("give " + file + " to its agent", errno);
  return success();
}

/// Who holds it may be an agent. Its file is the agent's, too.
Result<supervisor::UniqueDescriptor> lock(const std::string& data_dir) {
  auto held = lock_data_dir(data_dir);
  if (!held && held.error().code == EWOULDBLOCK)
    return Error{held.error().attempted, "an agent is running on it; stop it first (systemctl stop vf-agent)",
                 EWOULDBLOCK};
  if (held)
    if (const Status given = give_to_owner_of(data_dir, data_dir + "/lock"); !given) return given.error();
  return held;
}

/// The options as the agent would read them; told and nothing where they are wrong.
std::optional<Options> read_options(const Invocation& asked) {
  std::vector<std::string> flags;
  for (const char* name : {"url", "token-file", "data-dir", "ca-file", "client-cert", "client-key"})
    if (asked.has(name)) flags.push_back("--" + std::string(name) + "=" + asked.text(name));
  const RealOptionFiles files;
  ParseOutcome outcome = parse_options(flags, asked.environment, files);
  if (outcome.mistakes.empty() && outcome.options.is_directory())
    outcome.mistakes.emplace_back("VF_URL is a folder: there is no server to enrol at");
  if (outcome.mistakes.empty() && outcome.options.token.empty())
    outcome.mistakes.emplace_back(
        "VF_TOKEN is missing: set it or VF_TOKEN_FILE, or give --token-file, with an enrolment token");
  for (const std::string& mistake : outcome.mistakes) complain(mistake, 0);
  if (!outcome.mistakes.empty()) return std::nullopt;
  return std::move(outcome.options);
}

std::string refusal(const HttpResponse& response, const std::string& url) {
  if (response.status == 0) return "cannot enrol: " + response.error;
  std::string text = "cannot enrol at " + url + ": HTTP " + std::to_string(response.status);
  if (const std::string said = vectorflow::error_text(response.body); !said.empty()) text += " (" + said + ")";
  switch (response.status) {
    case 401:
      return text + ": the enrolment token is not accepted; get a new one from the server's page of environments";
    case 402:
      return text + ": the plan's limit of nodes is reached; delete a node that is gone, or upgrade";
    case 403:
      return text + ": the server does not allow it; is this token of another environment or revoked?";
    case 404:
      return text + ": is this the address of a VectorFlow server?";
    case 429:
      return text + ": the server is asked too often; try again" +
             (response.retry_after ? " in " + std::to_string(response.retry_after->count()) + " s" : " later");
    default:
      return text;
  }
}

vectorflow::EnrollRequest request_of(const Invocation& asked, const Options& options) {
  const NodeIdentity identity = identify_node(options.node_labels);
  Invocation same = asked;
  same.environment["VF_VECTOR_BIN"] = options.vector_bin;
  return {
      options.token,  identity.hostname, identity.os, version, words(part(program_facts(same), "vector"), "version"),
      identity.labels};
}

}  // namespace

int run_enroll(const Invocation& asked) {
  const auto options = read_options(asked);
  if (!options) return exit_code::usage;
  const std::string& data_dir = options->data_dir;
  struct stat facts {};
  const bool is_there = ::stat(data_dir.c_str(), &facts) == 0;
  if (!is_there)
    if (const Status made = supervisor::make_directory(data_dir, 0700); !made)
      return complain(made.error(), exit_code::failed);
  const auto held = lock(data_dir);
  if (!held) return complain(held.error(), exit_code::failed);
  const auto kept = vectorflow::load_node_token(data_dir);
  if (!kept) return complain(kept.error(), exit_code::failed);
  if (!kept.value().empty() && !asked.has("force"))
    return complain("this node is enrolled already (" + node_token_path(data_dir) +
                        "); --force makes it another node, and the server goes on listing the old one",
                    exit_code::failed);

  ::signal(SIGPIPE, SIG_IGN);  // the connection reports it
  HttpConnection connection(http_settings(*options));
  HttpRequest request;
  request.method = HttpMethod::post;
  request.path = "/api/agent/enroll";
  request.body = vectorflow::encode_enroll(request_of(asked, *options));
  const HttpResponse response = connection.perform(request);
  if (response.status != 200) return complain(refusal(response, options->url), exit_code::failed);
  const auto enrolled = vectorflow::decode_enrolled(response.body);
  if (!enrolled) return complain(enrolled.error(), exit_code::failed);
  if (const Status stored = vectorflow::store_node_token(data_dir, enrolled.value().node_token); !stored)
    return complain(stored.error().message() + "; the server lists this node all the same: delete it there",
                    exit_code::failed);
  if (const Status given = give_to_owner_of(data_dir, node_token_path(data_dir)); !given)
    return complain(given.error(), exit_code::failed);
  const auto line = [](const char* name, const std::string& value) {
    return value.empty() ? std::string() : name + harmless(value) + "\n";
  };
  const std::string environment =
      enrolled.value().environment_name.empty() ? enrolled.value().environment_id : enrolled.value().environment_name;
  const bool told = print("enrolled at " + options->url + "\n" + line("node         ", enrolled.value().node_id) +
                          line("environment  ", environment) + "node token   in " + node_token_path(data_dir) +
                          "\nStart the agent with the same VF_URL and VF_DATA_DIR; it needs no VF_TOKEN any more.\n");
  return told ? exit_code::done : exit_code::failed;
}

int run_unenroll(const Invocation& asked) {
  const std::string path = node_token_path(asked.data_dir);
  const auto kept = vectorflow::load_node_token(asked.data_dir);
  if (!kept) return complain(kept.error(), exit_code::failed);
  if (kept.value().empty())
    return complain("this node is not enrolled: there is no token in " + path, exit_code::failed);
  const auto held = lock(asked.data_dir);
  if (!held) return complain(held.error(), exit_code::failed);
  if (const Status removed = supervisor::remove_file(path); !removed)
    return complain(removed.error(), exit_code::failed);
  const bool told = print("the node's token is removed (" + path +
                          ").\nThe server goes on listing this node until it is deleted there. Pipelines that were "
                          "remembered\nstay in the data directory, and so do their Vectors where they still run.\n");
  return told ? exit_code::done : exit_code::failed;
}

}  // namespace vf::agent
