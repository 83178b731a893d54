// A folder that exists as long as this does.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace vf::agent::test {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "vf-folder-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

  /// Writes in place, as `>` of a shell does.
  void write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const std::string file = *this / name;
    {
      std::ofstream stream(file, std::ios::binary);
      stream << text;
      REQUIRE(stream.flush());
    }
    REQUIRE(::chmod(file.c_str(), mode) == 0);
  }
  /// Writes beside and renames over, as careful programs do.
  void replace(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    write(".new", text, mode);
    std::filesystem::rename(*this / ".new", *this / name);
  }
  void remove(const std::string& name) const { REQUIRE(std::filesystem::remove_all(*this / name) > 0); }
  void make_folder(const std::string& name) const { REQUIRE(std::filesystem::create_directory(*this / name)); }
  void link(const std::string& name, const std::string& target) const {
    std::filesystem::create_symlink(target, *this / name);
  }
  /// As kubelet does it: a link made beside and renamed over.
  void relink(const std::string& name, const std::string& target) const {
    link(name + "_tmp", target);
    std::filesystem::rename(*this / (name + "_tmp"), *this / name);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace vf::agent::test
