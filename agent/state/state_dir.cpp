#include "agent/state/state_dir.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "agent/state/sealed_file.h"
#include "agent/state/state_loader.h"
#include "supervisor/atomic_file.h"
#include "supervisor/pipeline_files.h"

namespace vf::agent::state {
namespace {

constexpr mode_t file_mode = 0600;
constexpr mode_t folder_mode = 0700;

bool is_there(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

/// A folder that is new is on the disk, in `parent`, when this returns.
Status make_folder(const std::string& path, const std::string& parent) {
  const bool is_new = !is_there(path);
  if (Status made = supervisor::make_directory(path, folder_mode); !made) return made;
  return is_new ? supervisor::sync_directory(parent) : success();
}

Result<std::string> sealed(std::string_view kind, const std::string& body, const std::string& path) {
  std::string file = seal(kind, body);
  if (file.size() > StateDir::largest_file)
    return Error{"save " + path, "larger than " + std::to_string(StateDir::largest_file) + " bytes", EFBIG};
  return file;
}

}  // namespace

StateDir::StateDir(std::string data_dir, bool keep_secrets)
    : data_dir_(std::move(data_dir)),
      folder_(data_dir_ + "/state"),
      pipelines_(folder_ + "/pipelines"),
      keep_secrets_(keep_secrets) {}

Status StateDir::make_folders() const {
  if (Status made = make_folder(folder_, data_dir_); !made) return made;
  return make_folder(pipelines_, folder_);
}

std::string StateDir::path_of(const std::string& id, std::string_view suffix) const {
  return pipelines_ + "/" + supervisor::file_name_of(id) + std::string(suffix);
}

LoadedState StateDir::load() {
  return StateLoader(folder_, keep_secrets_).load(with_secrets_);
}

Status StateDir::save_pipeline(const PipelineRecord& record) {
  const std::string& id = record.wanted.id;
  const std::string path = path_of(id, state_suffix);
  const auto file = sealed(pipeline_kind, encode(record, keep_secrets_), path);
  if (!file) return file.error();
  if (Status made = make_folders(); !made) return made;
  if (Status put = supervisor::write_atomically(path, file.value(), file_mode); !put) return put;
  with_secrets_.erase(id);
  // From here on the new one counts; a .live file that came back after the host's crash would be older.
  const std::string live = path_of(id, live_suffix);
  if (!is_there(live)) return success();
  if (Status removed = supervisor::remove_file(live); !removed) return removed;
  return supervisor::sync_directory(pipelines_);
}

Status StateDir::save_process(const PipelineRecord& record) {
  const std::string& id = record.wanted.id;
  if (with_secrets_.contains(id) || !is_there(path_of(id, state_suffix))) return save_pipeline(record);
  const std::string path = path_of(id, live_suffix);
  const auto file = sealed(pipeline_kind, encode(record, keep_secrets_), path);
  if (!file) return file.error();
  return supervisor::replace_unsynced(path, file.value(), file_mode);
}

Status StateDir::remove_pipeline(const std::string& id) {
  if (!is_there(pipelines_)) return success();
  for (const std::string_view suffix : {live_suffix, state_suffix})
    if (Status removed = supervisor::remove_file(path_of(id, suffix)); !removed) return removed;
  with_secrets_.erase(id);
  return supervisor::sync_directory(pipelines_);
}

Status StateDir::save_known() {
  if (Status made = make_folders(); !made) return made;
  return supervisor::write_atomically(folder_ + "/" + desired_name, seal(desired_kind, ""), file_mode);
}

Status StateDir::save_deaths(const Deaths& deaths) {
  if (Status made = make_folders(); !made) return made;
  const std::string path = folder_ + "/" + deaths_name;
  const auto file = sealed(deaths_kind, encode(deaths), path);
  return file ? supervisor::write_atomically(path, file.value(), file_mode) : Status(file.error());
}

}  // namespace vf::agent::state
