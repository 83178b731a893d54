#include "agent/option_files.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

using vf::agent::environment_of_process;
using vf::agent::SystemOptionFiles;
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
  CHECK(SystemOptionFiles().read(folder / "a").value() == content);
}

TEST_CASE("what cannot be read says what and why") {
  const Folder folder;
  const auto missing = SystemOptionFiles().read(folder / "missing");
  CHECK(missing.error().message() == "cannot read " + (folder / "missing") + ": No such file or directory (errno 2)");
  CHECK(SystemOptionFiles().read(folder / "").error().code == EISDIR);
}

TEST_CASE("a pipe in the place of a file is an error, not a wait") {
  const Folder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(SystemOptionFiles().read(folder / "pipe").error().reason == "not a regular file");
}

TEST_CASE("a file above 8 MiB is not read") {
  const Folder folder;
  std::ofstream(folder / "big") << "";
  fs::resize_file(folder / "big", (8U << 20) + 1);
  CHECK(SystemOptionFiles().read(folder / "big").error().reason == "larger than 8 MiB");
}

TEST_CASE("the environment is this process's") {
  REQUIRE(::setenv("VF_TEST_OPTION_FILES", "a=b", 1) == 0);
  CHECK(environment_of_process().at("VF_TEST_OPTION_FILES") == "a=b");
  ::unsetenv("VF_TEST_OPTION_FILES");
}
