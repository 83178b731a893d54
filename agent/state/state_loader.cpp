#include "agent/state/state_loader.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "agent/control/vectorflow/error_text.h"
#include "agent/state/broken_files.h"
#include "agent/state/sealed_file.h"
#include "supervisor/atomic_file.h"
#include "supervisor/pipeline_files.h"

namespace vf::agent::state {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_shown = 512;  // characters of a path, which may be anybody's

std::string shown(std::string_view text) {
  return vectorflow::one_line(text, longest_shown);
}

/// Not the file's fault: it may well be read the next time.
bool is_passing(int errnum) {
  return errnum == EMFILE || errnum == ENFILE || errnum == ENOMEM;
}

}  // namespace

StateLoader::StateLoader(const std::string& state_dir, bool keep_secrets)
    : folder_(state_dir), pipelines_(state_dir + "/pipelines"), keep_secrets_(keep_secrets) {}

LoadedState StateLoader::load(std::set<std::string>& with_secrets) {
  for (const char* name : {desired_name, deaths_name})
    remove_temporary(folder_ + "/" + name + std::string(temporary_suffix));
  loaded_.known = unsealed(folder_ + "/" + desired_name, desired_kind).has_value();
  const std::string deaths_path = folder_ + "/" + deaths_name;
  if (const auto body = unsealed(deaths_path, deaths_kind)) {
    auto deaths = decode_deaths(*body);
    if (deaths)
      loaded_.deaths = std::move(deaths).value();
    else
      set_aside(deaths_path, deaths.error().reason);
  }
  load_pipelines(with_secrets);
  return std::move(loaded_);
}

void StateLoader::load_pipelines(std::set<std::string>& with_secrets) {
  std::map<std::string, PipelineRecord> records;  // by id
  for (const std::string& name : names()) {
    const std::string path = pipelines_ + "/" + name;
    if (name.ends_with(temporary_suffix)) {
      remove_temporary(path);
      continue;
    }
    auto record = load_pipeline(path, name);
    if (!record) continue;
    const std::string id = record->wanted.id;
    if (!keep_secrets_ && drop_secrets(*record)) with_secrets.insert(id);
    // "<file>.live" comes before "<file>.state" and is the newer one.
    records.emplace(id, std::move(*record));
  }
  for (auto& [id, record] : records) loaded_.pipelines.push_back(std::move(record));
}

std::optional<PipelineRecord> StateLoader::load_pipeline(const std::string& path, const std::string& name) {
  const bool live = name.ends_with(live_suffix);
  if (!live && !name.ends_with(state_suffix)) {
    set_aside(path, "its name is not one that a vf-agent gives");
    return std::nullopt;
  }
  const auto body = unsealed(path, pipeline_kind);
  if (!body) return std::nullopt;
  auto record = decode_pipeline_record(*body);
  if (!record) {
    set_aside(path, record.error().reason);
    return std::nullopt;
  }
  const std::string right = supervisor::file_name_of(record.value().wanted.id);
  if (name != right + std::string(live ? live_suffix : state_suffix)) {
    set_aside(path,
              "it is foreign: it holds the pipeline " + shown(record.value().wanted.id) + " under another's name");
    return std::nullopt;
  }
  return std::move(record).value();
}

std::optional<std::string> StateLoader::unsealed(const std::string& path, std::string_view kind) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) stays(path, system_error("look at it", errno).message());
    return std::nullopt;
  }
  if (!S_ISREG(found.st_mode)) {  // opening a FIFO would wait for ever
    set_aside(path, "it is not a plain file");
    return std::nullopt;
  }
  const auto file = supervisor::read_file(path, StateDir::largest_file);
  if (!file) {
    const Error& error = file.error();
    is_passing(error.code) ? stays(path, error.reason) : set_aside(path, error.reason);
    return std::nullopt;
  }
  auto body = unseal(kind, file.value());
  if (!body) {
    set_aside(path, body.error().reason);
    return std::nullopt;
  }
  return std::move(body).value();
}

std::set<std::string> StateLoader::names() {
  std::set<std::string> names;
  std::error_code failed;
  for (auto entry = fs::directory_iterator(pipelines_, failed); !failed && entry != fs::directory_iterator();
       entry.increment(failed))
    names.insert(entry->path().filename().string());
  if (failed == std::errc::not_a_directory)
    set_aside(pipelines_, "it is not a folder");
  else if (failed && failed != std::errc::no_such_file_or_directory)
    stays(pipelines_, system_error("list it", failed.value()).message());
  return names;
}

void StateLoader::remove_temporary(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return;
  if (S_ISDIR(found.st_mode)) return set_aside(path, "it is not a plain file");
  if (const Status removed = supervisor::remove_file(path); !removed) stays(path, removed.error().message());
}

void StateLoader::set_aside(const std::string& path, const std::string& reason) {
  const auto moved = move_aside(path, folder_ + "/broken");
  if (!moved) return stays(path, reason + "; " + moved.error().message());
  std::string words = shown(path) + " is not used: " + reason + "; it is now " + shown(moved.value().to);
  for (const std::string& name : moved.value().removed) words += "; the older " + shown(name) + " there was removed";
  for (const std::string& why : moved.value().stuck) words += "; " + shown(why);
  loaded_.problems.push_back(std::move(words));
}

void StateLoader::stays(const std::string& path, const std::string& reason) {
  loaded_.problems.push_back(shown(path) + " is not used: " + reason + "; it stays where it is");
}

}  // namespace vf::agent::state
