// vf-agent validate FILE…
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "agent/commands/commands.h"
#include "agent/commands/terminal.h"
#include "agent/commands/vector_asker.h"
#include "agent/control/directory/env_file.h"
#include "supervisor/atomic_file.h"
#include "supervisor/own_api.h"
#include "supervisor/sidecar.h"
#include "supervisor/validation_verdict.h"
#include "supervisor/vector_data_dir.h"

namespace vf::agent {
namespace {

using supervisor::ValidationVerdict;

constexpr std::chrono::seconds deadline{60};
constexpr std::size_t largest_file = 16U << 20;
// Nothing listens there: validation binds no port, and the sidecar has to name two.
constexpr supervisor::PortPair unused_ports{8688, 8689};

/// A folder that only this user can look into; gone with the object.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::string& below) {
    std::string pattern = below + "/vf-agent-validate-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr)
      path_ = pattern;
    else
      error_ = errno;
  }
  ~ScratchFolder() {
    std::error_code left;  // what cannot be removed lies in a folder for what is temporary
    if (!path_.empty()) std::filesystem::remove_all(path_, left);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int error() const { return error_; }

 private:
  std::string path_;
  int error_ = 0;
};

Result<std::string> read_input() {
  std::string text;
  std::array<char, 65536> part{};
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("read the standard input", errno);
    if (count == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
    if (text.size() > largest_file) return Error{"read the standard input", "it is too large for a pipeline", EFBIG};
  }
}

/// NAME.env beside NAME.yaml.
Result<std::map<std::string, std::string>> secrets_beside(const std::string& file) {
  const std::filesystem::path path(file);
  if (file == "-" || (path.extension() != ".yaml" && path.extension() != ".yml"))
    return std::map<std::string, std::string>();
  const std::string name = std::filesystem::path(path).replace_extension(".env").string();
  const auto text = supervisor::read_file(name, largest_file);
  if (!text) {
    if (text.error().code == ENOENT) return std::map<std::string, std::string>();
    return text.error();
  }
  EnvFile read = parse_env_file(text.value());
  if (read.error_line != 0)
    return Error{"read " + name, "line " + std::to_string(read.error_line) + ": " + read.error, 0};
  return std::move(read.values);
}

/// As the agent stages a pipeline: without its own API, with the sidecar, and a data_dir that is there.
Result<ValidationVerdict> check(const Invocation& asked, const std::string& file) {
  const auto yaml = file == "-" ? read_input() : supervisor::read_file(file, largest_file);
  if (!yaml) return yaml.error();
  const auto secrets = secrets_beside(file);
  if (!secrets) return secrets.error();
  const ScratchFolder scratch(asked.variable("TMPDIR", "/tmp"));
  if (scratch.path().empty()) return system_error("make a folder for what is temporary", scratch.error());
  std::string data_dir;
  if (!supervisor::named_data_dir(yaml.value())) {
    data_dir = scratch.path() + "/data";
    if (auto made = supervisor::make_directory(data_dir, 0700); !made) return made.error();
  }
  const std::string config = scratch.path() + "/pipeline.yaml";
  const std::string sidecar = scratch.path() + "/pipeline.yaml.vf-metrics.yaml";
  const auto without_api = supervisor::without_own_api(yaml.value());
  for (const auto& [path, text] :
       {std::pair(config, without_api ? *without_api : yaml.value()),
        std::pair(sidecar, supervisor::sidecar_yaml(supervisor::SidecarKind::lean, unused_ports, data_dir))})
    if (auto put = supervisor::replace_unsynced(path, text, 0600); !put) return put.error();
  const auto said =
      ask_vector(asked, {"validate", "--skip-healthchecks", "--config-yaml", config, "--config-yaml", sidecar},
                 secrets.value(), deadline);
  if (!said) return said.error();
  return supervisor::validation_verdict(said.value().output, said.value().status, secrets.value());
}

std::string indented(const std::string& text) {
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    result += "    " + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return result;
}

std::string painted(const char* text, const char* code, bool colour) {
  return colour ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
}

}  // namespace

int run_validate(const Invocation& asked) {
  if (const auto vector = vector_of(asked); !vector) return complain(vector.error(), exit_code::failed);
  const bool colour = look_at_output(asked.environment).style.colour;
  int code = exit_code::done;
  for (const std::string& file : asked.given.at("FILE")) {
    const auto verdict = check(asked, file);
    std::string shown = harmless(file == "-" ? "standard input" : file) + ": ";
    if (!verdict && verdict.error().code == EINTR) return exit_code::interrupted;
    if (!verdict) {
      shown += painted("not checked", "31", colour) + "\n" + indented(verdict.error().message());
      code = exit_code::failed;
    } else if (verdict.value().kind == ValidationVerdict::Kind::accepted) {
      shown += verdict.value().reason.empty()
                   ? painted("fine", "32", colour) + "\n"
                   : painted("fine, with warnings", "33", colour) + "\n" + indented(verdict.value().reason);
    } else {
      const bool refused = verdict.value().kind == ValidationVerdict::Kind::refused;
      shown += painted(refused ? "refused" : "not checked", "31", colour) + "\n" + indented(verdict.value().reason);
      code = exit_code::failed;
    }
    if (!print(shown)) return exit_code::failed;
  }
  return code;
}

}  // namespace vf::agent
