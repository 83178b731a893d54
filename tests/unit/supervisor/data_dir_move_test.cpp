#include "supervisor/data_dir_move.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "small_disk.h"
#include "supervisor/process/unique_descriptor.h"
#include "temp_folder.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;

namespace {

void put_below(const std::string& root, const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(root + "/" + path).parent_path());
  put(root + "/" + path, text);
}

/// What an older agent's Vectors left: two sources, two buffers, and things that are nobody's.
void leave_old_data(const std::string& root) {
  put_below(root, "in/checkpoints.json", "positions of in");
  put_below(root, "journal/checkpoint.txt", "cursor");
  put_below(root, "buffer/v2/out/buffer.db", "ledger of out");
  put_below(root, "buffer/v2/out/buffer-data-0.dat", "events of out");
  put_below(root, "buffer/v2/other/buffer.db", "ledger of another pipeline");
  put_below(root, "elsewhere/checkpoints.json", "positions of another pipeline");
}

const Places places = {"in", "journal", "never-used", "buffer/v2/out", "buffer/v2/memory-only"};
const std::vector<std::string> all_moved = {"buffer/v2/out", "in", "journal"};

/// Path below `root` → content, of all files but markers.
std::map<std::string, std::string> files_below(const std::string& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.is_regular_file() && !entry.path().filename().string().starts_with(".vf-agent-moved"))
      files[entry.path().string().substr(root.size() + 1)] = content_of(entry.path().string());
  return files;
}

const std::map<std::string, std::string> files_when_done = {
    {"buffer/v2/other/buffer.db", "ledger of another pipeline"},
    {"elsewhere/checkpoints.json", "positions of another pipeline"},
    {"pipelines/shop/buffer/v2/out/buffer-data-0.dat", "events of out"},
    {"pipelines/shop/buffer/v2/out/buffer.db", "ledger of out"},
    {"pipelines/shop/in/checkpoints.json", "positions of in"},
    {"pipelines/shop/journal/checkpoint.txt", "cursor"}};

MoveReport moved(const std::string& root, const Places& asked = places, const Places& claimed = {}) {
  const auto report = move_old_data(root, "shop", asked, claimed);
  if (!report) FAIL(report.error().message());
  return report.value();
}

std::string only_sentence(const MoveReport& report) {
  REQUIRE(report.left.size() == 1);
  return report.left[0];
}

}  // namespace

TEST_CASE("what an older agent left for the pipeline's components moves to its own directory, and nothing else does") {
  const TempFolder root;
  leave_old_data(root.path());
  const MoveReport report = moved(root.path());
  CHECK_FALSE(report.done_before);
  CHECK(report.moved == all_moved);
  CHECK(report.left.empty());
  CHECK(files_below(root.path()) == files_when_done);
}

TEST_CASE("the move happens once: what appears later is left alone") {
  const TempFolder root;
  CHECK_FALSE(is_moved(root.path(), "shop"));
  CHECK(moved(root.path()).moved.empty());
  CHECK(is_moved(root.path(), "shop"));
  leave_old_data(root.path());
  const auto before = files_below(root.path());
  const MoveReport report = moved(root.path());
  CHECK(report.done_before);
  CHECK(report.moved.empty());
  CHECK(files_below(root.path()) == before);
  CHECK_FALSE(is_moved(root.path(), "another"));
}

TEST_CASE("the marker says what was moved and what was not, to whoever looks there") {
  const TempFolder root;
  leave_old_data(root.path());
  const MoveReport report = moved(root.path(), places, {"journal"});
  const std::string text = content_of(root / "pipelines/shop/.vf-agent-moved");
  CHECK_THAT(text, Catch::Contains("moved: in\n") && Catch::Contains("left: " + only_sentence(report) + "\n"));
  CHECK(mode_of(root / "pipelines/shop/.vf-agent-moved") == 0600);
}

TEST_CASE("a move that was killed between any two steps is finished by the next start") {
  int kill_before = 1;
  for (bool killed = true; killed; ++kill_before) {
    INFO("killed before step " << kill_before);
    REQUIRE(kill_before < 50);
    const TempFolder root;
    leave_old_data(root.path());
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      int step = 0;
      const auto done = move_old_data(root.path(), "shop", places, {}, [&] {
        if (++step == kill_before) ::_exit(9);
      });
      ::_exit(done.ok() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE((WEXITSTATUS(status) == 9 || WEXITSTATUS(status) == 0));
    killed = WEXITSTATUS(status) == 9;
    CHECK(is_moved(root.path(), "shop") == !killed);

    const MoveReport report = moved(root.path());
    CHECK(report.done_before == !killed);
    if (killed) CHECK(report.moved == all_moved);
    CHECK(report.left.empty());
    CHECK(files_below(root.path()) == files_when_done);
    CHECK(is_moved(root.path(), "shop"));
  }
  CHECK(kill_before > 6);  // directory, two folders, three moves, marker: the loop did stop in between
}

TEST_CASE("what another pipeline claims too is moved for neither, and said") {
  const TempFolder root;
  leave_old_data(root.path());
  const MoveReport report = moved(root.path(), places, {"in", "not-ours"});
  CHECK(report.moved == std::vector<std::string>{"buffer/v2/out", "journal"});
  CHECK_THAT(only_sentence(report), Catch::StartsWith(root / "in is not moved to " + (root / "pipelines/shop/in")) &&
                                        Catch::Contains("another pipeline has a component of this name"));
  CHECK(content_of(root / "in/checkpoints.json") == "positions of in");
  const auto other = move_old_data(root.path(), "other", {"in"}, {"in"});
  REQUIRE(other);
  CHECK(other.value().moved.empty());
  CHECK(content_of(root / "in/checkpoints.json") == "positions of in");
}

TEST_CASE("a claim to what is not there is nothing to speak of") {
  const TempFolder root;
  CHECK(moved(root.path(), {"in"}, {"in"}).left.empty());
}

TEST_CASE("nothing in the pipeline's own directory is overwritten") {
  const TempFolder root;
  leave_old_data(root.path());
  put_below(root.path(), "pipelines/shop/in/checkpoints.json", "newer positions");
  const MoveReport report = moved(root.path());
  CHECK_THAT(only_sentence(report), Catch::Contains("there is something of that name"));
  CHECK(content_of(root / "pipelines/shop/in/checkpoints.json") == "newer positions");
  CHECK(content_of(root / "in/checkpoints.json") == "positions of in");
}

TEST_CASE("a component may have the pipeline's name, or that of another pipeline") {
  const TempFolder root;
  put_below(root.path(), "shop/checkpoints.json", "positions of shop");
  put_below(root.path(), "pipelines/web/in/checkpoints.json", "state of the pipeline web");
  put_below(root.path(), "web/checkpoints.json", "positions of web");
  CHECK(moved(root.path(), {"shop", "web"}).moved == std::vector<std::string>{"shop", "web"});
  CHECK(content_of(root / "pipelines/shop/shop/checkpoints.json") == "positions of shop");
  CHECK(content_of(root / "pipelines/shop/web/checkpoints.json") == "positions of web");
  CHECK(content_of(root / "pipelines/web/in/checkpoints.json") == "state of the pipeline web");
}

TEST_CASE("no name leads to what is not one component's own folder") {
  const TempFolder folder;
  const std::string root = folder / "root";
  leave_old_data(root);
  put_below(folder.path(), "outside/checkpoints.json", "not ours");
  put_below(root, "${NAME}/checkpoints.json", "whose?");
  const auto before = files_below(folder.path());
  const Places odd = {"buffer",
                      "pipelines",
                      "../outside",
                      "..",
                      ".",
                      "",
                      "in/checkpoints.json",
                      "${NAME}",
                      "buffer/v2/",
                      "buffer/v2/..",
                      "buffer/v2/out/buffer.db",
                      folder / "outside"};
  const MoveReport report = moved(root, odd);
  CHECK(report.moved.empty());
  CHECK(files_below(folder.path()) == before);
  CHECK(report.left.size() >= 8);  // all that exist
}

TEST_CASE("a disk buffer that a running Vector holds stays with it") {
  const TempFolder root;
  leave_old_data(root.path());
  put(root / "buffer/v2/out/buffer.lock", "");
  const UniqueDescriptor held(::open((root / "buffer/v2/out/buffer.lock").c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(held.get(), LOCK_EX | LOCK_NB) == 0);
  const MoveReport report = moved(root.path());
  CHECK(report.moved == std::vector<std::string>{"in", "journal"});
  CHECK_THAT(only_sentence(report), Catch::Contains("a Vector which is not this pipeline's is using it"));
  CHECK(is_there(root / "buffer/v2/out/buffer.db"));
}

TEST_CASE("a buffer's lock file that nobody holds is no obstacle, and nobody holds it afterwards") {
  const TempFolder root;
  leave_old_data(root.path());
  put(root / "buffer/v2/out/buffer.lock", "");
  CHECK(moved(root.path()).moved == all_moved);
  const UniqueDescriptor lock(::open((root / "pipelines/shop/buffer/v2/out/buffer.lock").c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(lock);
  CHECK(::flock(lock.get(), LOCK_EX | LOCK_NB) == 0);
}

TEST_CASE("modes stay, and what is made is for the agent alone") {
  const TempFolder root;
  leave_old_data(root.path());
  REQUIRE(::chmod((root / "in").c_str(), 0751) == 0);
  moved(root.path());
  CHECK(mode_of(root / "pipelines/shop/in") == 0751);
  for (const char* made : {"pipelines", "pipelines/shop", "pipelines/shop/buffer", "pipelines/shop/buffer/v2"})
    CHECK(mode_of(root / made) == 0700);
}

TEST_CASE("a link that leads elsewhere when it is moved stays, another one moves") {
  const TempFolder root;
  put_below(root.path(), "far/disk/buffer.db", "ledger");
  std::filesystem::create_directories(root / "buffer/v2");
  std::filesystem::create_symlink(root / "far/disk", root / "buffer/v2/out");
  std::filesystem::create_symlink("far/disk", root / "in");
  const MoveReport report = moved(root.path());
  CHECK(report.moved == std::vector<std::string>{"buffer/v2/out"});
  CHECK(content_of(root / "pipelines/shop/buffer/v2/out/buffer.db") == "ledger");
  CHECK_THAT(only_sentence(report), Catch::Contains("relative symbolic link"));
}

TEST_CASE("what lies on another file system is not copied but told, and the pipeline goes on") {
  const SmallDisk disk;
  if (!disk.mounted()) {
    WARN("skipped: mounting takes root");
    return;
  }
  const TempFolder folder;
  const std::string root = folder / "root";
  std::filesystem::create_directories(root);
  // The pipelines' own directories are on a disk of their own, as an operator may want it.
  std::filesystem::create_directories(disk / "pipelines");
  std::filesystem::create_symlink(disk / "pipelines", root + "/pipelines");
  put_below(root, "in/checkpoints.json", "positions");
  const MoveReport report = moved(root, {"in"});
  CHECK_THAT(only_sentence(report), Catch::Contains("it lies on another file system"));
  CHECK(content_of(root + "/in/checkpoints.json") == "positions");
  CHECK(is_moved(root, "shop"));
}

TEST_CASE("what the agent may not move stays, in words, and the pipeline goes on") {
  const TempFolder root;
  leave_old_data(root.path());
  REQUIRE(make_own_data_dir(root.path(), "shop"));
  WithoutPrivileges::hand_over(root / "pipelines");
  WithoutPrivileges::hand_over(root / "pipelines/shop");
  REQUIRE(::chmod(root.path().c_str(), 0555) == 0);
  std::string words;
  {
    const WithoutPrivileges nobody;
    words = only_sentence(moved(root.path(), {"in"}));
  }
  REQUIRE(::chmod(root.path().c_str(), 0755) == 0);
  CHECK_THAT(words, Catch::Contains("Permission denied"));
  CHECK(is_moved(root.path(), "shop"));
}

TEST_CASE("where the own directory cannot be made, the words name VF_VECTOR_DATA_DIR") {
  const TempFolder folder;
  put(folder / "file", "");
  const auto in_a_file = move_old_data(folder / "file/root", "shop", places, {});
  REQUIRE_FALSE(in_a_file);
  CHECK_THAT(in_a_file.error().message(),
             Catch::Contains("VF_VECTOR_DATA_DIR (" + (folder / "file/root")) && Catch::Contains("Not a directory"));
  REQUIRE(::mkdir((folder / "closed").c_str(), 0755) == 0);
  REQUIRE(make_own_data_dir(folder / "theirs", "shop"));
  if (::geteuid() != 0) {
    WARN("skipped in part: only root can be refused by giving root's folders away");
    return;
  }
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  REQUIRE(::chmod((folder / "theirs/pipelines").c_str(), 0755) == 0);
  const WithoutPrivileges nobody;
  for (const char* root : {"closed", "theirs"}) {
    const auto refused = make_own_data_dir(folder / root, "shop");
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message(), Catch::Contains("VF_VECTOR_DATA_DIR (" + (folder / root)));
  }
}

TEST_CASE("a full disk is an error, after which a later attempt goes on") {
  const SmallDisk disk("64k");
  if (!disk.mounted()) {
    WARN("skipped: mounting takes root");
    return;
  }
  leave_old_data(disk.path());
  disk.fill();
  const auto full = move_old_data(disk.path(), "shop", places, {});
  REQUIRE_FALSE(full);
  CHECK_THAT(full.error().message(), Catch::Contains("No space left on device"));
  CHECK_FALSE(is_moved(disk.path(), "shop"));
  disk.free_again();
  CHECK(moved(disk.path()).moved == all_moved);
  CHECK(files_below(disk.path()) == files_when_done);
}
