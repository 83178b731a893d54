// A folder that exists as long as this does, and small looks at files.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace vf::supervisor::test {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "vf-supervisor-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;  // a folder left behind in /tmp fails no test
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline void put(const std::string& path, const std::string& text, mode_t mode = 0600) {
  {
    std::ofstream stream(path, std::ios::binary | std::ios::trunc);
    stream << text;
    REQUIRE(stream.flush());
  }
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

inline void append(const std::string& path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary | std::ios::app);
  stream << text;
  REQUIRE(stream.flush());
}

inline std::string content_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline bool is_there(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

inline struct stat look_at(const std::string& path) {
  struct stat found {};
  REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found;
}

inline mode_t mode_of(const std::string& path) {
  return look_at(path).st_mode & 07777;
}

/// Names of everything directly in `folder`; empty where there is no such folder.
inline std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed))
    names.insert(entry.path().filename().string());
  return names;
}

/// As long as it lives, root's rights over files are put aside; for anybody else it does nothing.
class WithoutPrivileges {
 public:
  WithoutPrivileges() : was_root_(::geteuid() == 0) {
    if (was_root_) REQUIRE(::seteuid(nobody) == 0);
  }
  WithoutPrivileges(const WithoutPrivileges&) = delete;
  WithoutPrivileges& operator=(const WithoutPrivileges&) = delete;
  ~WithoutPrivileges() {
    if (was_root_ && ::seteuid(0) != 0) std::abort();
  }
  /// Gives a file to whom the tests then are.
  static void hand_over(const std::string& path) {
    if (::geteuid() == 0) REQUIRE(::chown(path.c_str(), nobody, nobody) == 0);
  }

 private:
  static constexpr uid_t nobody = 65534;
  bool was_root_;
};

}  // namespace vf::supervisor::test
