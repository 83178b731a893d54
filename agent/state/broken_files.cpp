#include "agent/state/broken_files.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

#include "supervisor/atomic_file.h"

namespace vf::agent::state {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_name = 200;  // NAME_MAX is 255; ".<n>" comes behind
constexpr std::uint64_t largest_number = 1'000'000'000'000'000'000;

/// n of <name>.<n>.
std::optional<std::uint64_t> number_of(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  std::uint64_t number = 0;
  const char* const last = name.data() + name.size();
  const auto [end, failed] = std::from_chars(name.data() + dot + 1, last, number);
  if (failed != std::errc() || end != last || number == 0 || number > largest_number) return std::nullopt;
  return number;
}

struct Kept {
  std::vector<std::pair<std::uint64_t, std::string>> files;  ///< by number
  std::uint64_t highest = 0;                                 ///< folders too
};

Result<Kept> look_into(const std::string& folder) {
  Kept kept;
  std::error_code failed;
  for (auto entry = fs::directory_iterator(folder, failed); !failed && entry != fs::directory_iterator();
       entry.increment(failed)) {
    std::string name = entry->path().filename().string();
    const auto number = number_of(name);
    if (!number) continue;
    kept.highest = std::max(kept.highest, *number);
    std::error_code unknown;  // then it counts as a file
    if (entry->symlink_status(unknown).type() != fs::file_type::directory)
      kept.files.emplace_back(*number, std::move(name));
  }
  if (failed) return system_error("list " + folder, failed.value());
  std::sort(kept.files.begin(), kept.files.end());
  return kept;
}

}  // namespace

Result<MovedAside> move_aside(const std::string& path, const std::string& broken_dir) {
  if (const Status made = supervisor::make_directory(broken_dir, 0700); !made) return made.error();
  auto looked = look_into(broken_dir);
  if (!looked) return looked.error();
  Kept kept = std::move(looked).value();

  MovedAside moved;
  const std::string name = fs::path(path).filename().string().substr(0, longest_name);
  moved.to = broken_dir + "/" + name + "." + std::to_string(kept.highest + 1);
  if (std::rename(path.c_str(), moved.to.c_str()) != 0) return system_error("move " + path + " to " + moved.to, errno);

  std::error_code unknown;  // then it counts as a file
  const bool is_folder = fs::symlink_status(moved.to, unknown).type() == fs::file_type::directory;
  const std::size_t room = most_broken_files - (is_folder ? 0 : 1);
  const std::size_t too_many = kept.files.size() - std::min(kept.files.size(), room);
  for (std::size_t i = 0; i < too_many; ++i) {
    const std::string& oldest = kept.files[i].second;
    if (const Status removed = supervisor::remove_file(broken_dir + "/" + oldest); !removed)
      moved.stuck.push_back(removed.error().message());
    else
      moved.removed.push_back(oldest);
  }
  return moved;
}

}  // namespace vf::agent::state
