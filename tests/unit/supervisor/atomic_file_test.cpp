#include "supervisor/atomic_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "small_disk.h"
#include "temp_folder.h"

using namespace vf::supervisor;
using vf::Status;
using namespace vf::supervisor::test;

namespace {

using Names = std::set<std::string>;

/// Sets the process's umask for a while.
struct Umask {
  explicit Umask(mode_t mask) : before(::umask(mask)) {}
  ~Umask() { ::umask(before); }
  mode_t before;
};

}  // namespace

TEST_CASE("a file is written with its content and mode, and nothing is left beside it") {
  const TempFolder folder;
  for (const mode_t mask : {0, 022, 0777}) {
    const Umask with(static_cast<mode_t>(mask));
    const std::string path = folder / "f";
    for (const mode_t mode : {0600U, 0644U, 0400U}) {
      REQUIRE(write_atomically(path, "content", mode));
      CHECK(mode_of(path) == mode);
      CHECK(content_of(path) == "content");
      REQUIRE(remove_file(path));
    }
  }
  REQUIRE(write_atomically(folder / "f", std::string(3'000'000, 'x') + '\0' + "y", 0600));
  CHECK(content_of(folder / "f") == std::string(3'000'000, 'x') + '\0' + "y");
  REQUIRE(write_atomically(folder / "f", "", 0600));
  CHECK(content_of(folder / "f").empty());
  CHECK(names_in(folder.path()) == Names{"f"});
}

TEST_CASE("a new content comes as a new file, so that a reader has the old one whole") {
  const TempFolder folder;
  const std::string path = folder / "f";
  REQUIRE(write_atomically(path, "old", 0600));
  std::ifstream reader(path);
  const auto before = look_at(path).st_ino;
  REQUIRE(write_atomically(path, "new", 0600));
  CHECK(look_at(path).st_ino != before);
  std::string read;
  reader >> read;
  CHECK(read == "old");
  CHECK(content_of(path) == "new");
}

TEST_CASE("a file that is as it should be is not touched") {
  const TempFolder folder;
  const std::string path = folder / "f";
  REQUIRE(write_atomically(path, "same", 0600));
  const struct stat before = look_at(path);
  REQUIRE(write_atomically(path, "same", 0600));
  const struct stat after = look_at(path);
  CHECK(after.st_ino == before.st_ino);
  CHECK(after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
  CHECK(after.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
}

TEST_CASE("another mode or another content of the same length is another file") {
  const TempFolder folder;
  const std::string path = folder / "f";
  put(path, "same", 0644);
  REQUIRE(write_atomically(path, "same", 0600));
  CHECK(mode_of(path) == 0600);
  REQUIRE(write_atomically(path, "diff", 0600));
  CHECK(content_of(path) == "diff");
}

TEST_CASE("what a crash left half written is no obstacle and is not kept") {
  const TempFolder folder;
  put(folder / "f.new", "half of someth", 0400);
  REQUIRE(write_atomically(folder / "f", "something", 0600));
  CHECK(content_of(folder / "f") == "something");
  CHECK(names_in(folder.path()) == Names{"f"});
}

TEST_CASE("no symlink is followed when writing") {
  const TempFolder folder;
  put(folder / "victim", "untouched");
  REQUIRE(::symlink("victim", (folder / "f").c_str()) == 0);
  REQUIRE(::symlink("victim", (folder / "f.new").c_str()) == 0);
  REQUIRE(write_atomically(folder / "f", "untouched", 0600));  // even one to a file of this very content
  CHECK(S_ISREG(look_at(folder / "f").st_mode));
  REQUIRE(write_atomically(folder / "f", "new", 0600));
  CHECK(content_of(folder / "f") == "new");
  CHECK(content_of(folder / "victim") == "untouched");
  CHECK(names_in(folder.path()) == Names{"f", "victim"});
}

TEST_CASE("an error names what was attempted, on what and why") {
  const TempFolder folder;
  const Status nowhere = write_atomically(folder / "none/f", "x", 0600);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().message() ==
        "cannot create " + (folder / "none/f.new") + ": No such file or directory (errno 2)");
  CHECK(nowhere.error().code == ENOENT);

  REQUIRE(::mkdir((folder / "taken").c_str(), 0700) == 0);
  const Status over_directory = write_atomically(folder / "taken", "x", 0600);
  REQUIRE_FALSE(over_directory);
  CHECK(over_directory.error().code == EISDIR);
  CHECK(names_in(folder.path()) == Names{"taken"});

  put(folder / "file", "");
  const Status through_file = write_atomically(folder / "file/f", "x", 0600);
  REQUIRE_FALSE(through_file);
  CHECK(through_file.error().code == ENOTDIR);
}

TEST_CASE("a directory that may not be written says so") {
  const TempFolder folder;
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  REQUIRE(::mkdir((folder / "locked").c_str(), 0555) == 0);
  const WithoutPrivileges as_anybody;
  const Status refused = write_atomically(folder / "locked/f", "x", 0600);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() == "cannot create " + (folder / "locked/f.new") + ": Permission denied (errno 13)");
  const Status made = make_directory(folder / "locked/d", 0700);
  REQUIRE_FALSE(made);
  CHECK(made.error().message() ==
        "cannot create directory " + (folder / "locked/d") + ": Permission denied (errno 13)");
}

TEST_CASE("a full disk is an error that keeps the old file and leaves no half of the new one") {
  const SmallDisk disk;
  if (!disk.mounted()) {
    WARN("not allowed to mount: no full disk was tried");
    return;
  }
  REQUIRE(write_atomically(disk / "f", "old", 0600));
  const Status too_much = write_atomically(disk / "f", std::string(200'000, 'x'), 0600);
  REQUIRE_FALSE(too_much);
  CHECK(too_much.error().message() == "cannot write " + (disk / "f.new") + ": No space left on device (errno 28)");
  CHECK(content_of(disk / "f") == "old");
  CHECK(names_in(disk.path()) == Names{"f"});

  disk.fill();
  CHECK_FALSE(write_atomically(disk / "f", "new", 0600));
  CHECK(write_atomically(disk / "f", "old", 0600));  // what is there already needs no space
  CHECK(content_of(disk / "f") == "old");
  CHECK(names_in(disk.path()) == Names{"f", "filler"});
  disk.free_again();
  REQUIRE(write_atomically(disk / "f", "new", 0600));
  CHECK(content_of(disk / "f") == "new");
}

TEST_CASE("a file is read whole, or not at all where it is too large") {
  const TempFolder folder;
  const std::string text = std::string(100'000, 'x') + '\0' + "end";
  put(folder / "f", text);
  CHECK(read_file(folder / "f").value() == text);
  CHECK(read_file(folder / "f", text.size()).value() == text);
  const auto too_large = read_file(folder / "f", text.size() - 1);
  REQUIRE_FALSE(too_large);
  CHECK(too_large.error().code == EFBIG);
  CHECK(too_large.error().message() == "cannot read " + (folder / "f") + ": larger than 100003 bytes");
  const auto none = read_file(folder / "none");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ENOENT);
  CHECK(read_file(folder.path()).error().code == EISDIR);
}

TEST_CASE("directories are made with their parents, and the last has the mode asked for") {
  const TempFolder folder;
  REQUIRE(make_directory(folder / "a/b/c", 0700));
  CHECK(mode_of(folder / "a/b/c") == 0700);
  REQUIRE(::chmod((folder / "a/b/c").c_str(), 0755) == 0);
  REQUIRE(make_directory(folder / "a/b/c", 0700));
  CHECK(mode_of(folder / "a/b/c") == 0700);
  put(folder / "file", "");
  const Status in_the_way = make_directory(folder / "file", 0700);
  REQUIRE_FALSE(in_the_way);
  CHECK(in_the_way.error().code == ENOTDIR);
  CHECK(mode_of(folder / "file") == 0600);
}

TEST_CASE("removing what is not there is no error, removing what cannot be removed is") {
  const TempFolder folder;
  put(folder / "f", "");
  CHECK(remove_file(folder / "f"));
  CHECK(remove_file(folder / "f"));
  CHECK(remove_file(folder / "none/f"));
  REQUIRE(::mkdir((folder / "d").c_str(), 0700) == 0);
  CHECK_FALSE(remove_file(folder / "d"));
}
