#include "agent/option_files.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

using vf::agent::RealOptionFiles;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "vf-options-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("a file is read whole") {
  const Folder folder;
  std::string content(100'000, 'x');
  content += '\n';
  std::ofstream(folder / "a") << content;
  CHECK(RealOptionFiles().read(folder / "a").value() == content);
}

TEST_CASE("what cannot be read says what and why") {
  const Folder folder;
  const auto missing = RealOptionFiles().read(folder / "missing");
  CHECK(missing.error().message() == "cannot read " + (folder / "missing") + ": No such file or directory (errno 2)");
  CHECK(RealOptionFiles().read(folder / "").error().code == EISDIR);
}

TEST_CASE("a pipe in the place of a file is an error, not a wait") {
  const Folder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(RealOptionFiles().read(folder / "pipe").error().reason == "not a regular file");
}

TEST_CASE("a file above 8 MiB is not read") {
  const Folder folder;
  std::ofstream(folder / "big") << "";
  fs::resize_file(folder / "big", (8U << 20) + 1);
  CHECK(RealOptionFiles().read(folder / "big").error().reason == "larger than 8 MiB");
}
