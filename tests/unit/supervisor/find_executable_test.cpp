#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "supervisor/process/child.h"
#include "temp_folder.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;

TEST_CASE("a name is looked up along PATH, the first that can run wins") {
  const TempFolder folder;
  for (const char* name : {"a", "b", "c", "d"}) REQUIRE(::mkdir((folder / name).c_str(), 0700) == 0);
  const std::string path = "/nonexistent:" + folder / "a:" + folder / "b:" + folder / "c:" + folder / "d";
  put(folder / "a/vector", "", 0600);                          // not executable
  REQUIRE(::mkdir((folder / "b/vector").c_str(), 0700) == 0);  // no file
  put(folder / "c/vector", "", 0700);
  put(folder / "d/vector", "", 0700);
  CHECK(find_executable("vector", path).value() == folder / "c/vector");
  const auto none = find_executable("vectorr", path);
  REQUIRE_FALSE(none);
  CHECK(none.error().message() == "cannot find vectorr: no such program in PATH (" + path + ")");
  CHECK(none.error().code == ENOENT);
  CHECK_FALSE(find_executable("vector", ""));
}

TEST_CASE("a symlink to a program is a program") {
  const TempFolder folder;
  REQUIRE(::symlink("/bin/true", (folder / "vector").c_str()) == 0);
  CHECK(find_executable("vector", folder.path()).value() == folder / "vector");
  CHECK(find_executable(folder / "vector", "").value() == folder / "vector");
}

TEST_CASE("a path is taken as it is, and the error says what is wrong with it") {
  const TempFolder folder;
  put(folder / "plain", "", 0600);
  put(folder / "program", "", 0700);
  CHECK(find_executable(folder / "program", "/bin").value() == folder / "program");
  CHECK(find_executable(folder / "missing", "/bin").error().message() ==
        "cannot run " + (folder / "missing") + ": No such file or directory (errno 2)");
  CHECK(find_executable(folder / "plain", "/bin").error().message() ==
        "cannot run " + (folder / "plain") + ": the file is not executable");
  CHECK(find_executable(folder.path(), "/bin").error().message() ==
        "cannot run " + folder.path() + ": it is not a file");
  CHECK(find_executable(folder / "plain/x", "/bin").error().code == ENOTDIR);
}
