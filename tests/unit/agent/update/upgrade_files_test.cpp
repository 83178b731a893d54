// The files of an upgrade: those beside the binary, and the record in the data directory.
#include <catch2/catch.hpp>
#include <filesystem>

#include "agent/update/binary_files.h"
#include "agent/update/upgrade_record.h"
#include "tests/unit/supervisor/temp_folder.h"

namespace vf::agent {

using namespace supervisor::test;

TEST_CASE("an update takes the place of the binary, and the previous one comes back") {
  const TempFolder folder;
  const std::string binary = folder / "vf-agent";
  put(binary, "old", 0755);
  put(previous_path(binary), "old", 0755);
  put(update_path(binary), "new", 0755);
  REQUIRE(place_update(binary));
  CHECK(content_of(binary) == "new");
  CHECK_FALSE(is_there(update_path(binary)));
  REQUIRE(bring_back_previous(binary));
  CHECK(content_of(binary) == "old");
  CHECK(content_of(failed_path(binary)) == "new");
  CHECK_FALSE(is_there(previous_path(binary)));
  put(update_path(binary), "half", 0700);
  clear_upgrade_files(binary);
  CHECK(names_in(folder.path()) == std::set<std::string>{"vf-agent", "vf-agent.failed"});  // it may be looked into
}

TEST_CASE("without a previous binary nothing is put in the place of the one that is there") {
  const TempFolder folder;
  const std::string binary = folder / "vf-agent";
  put(binary, "only", 0755);
  CHECK_FALSE(bring_back_previous(binary));
  CHECK(content_of(binary) == "only");
  CHECK(names_in(folder.path()) == std::set<std::string>{"vf-agent"});
}

TEST_CASE("the program that runs is kept, also where its file has been replaced") {
  const TempFolder folder;
  const std::string binary = folder / "vf-agent";
  put(binary, "a package put this here", 0755);
  put(previous_path(binary), "of an earlier attempt", 0755);
  put(failed_path(binary), "likewise", 0755);
  REQUIRE(keep_previous(binary));
  CHECK(content_of(previous_path(binary)) == content_of("/proc/self/exe"));
  CHECK(mode_of(previous_path(binary)) == 0755);
  CHECK(content_of(binary) == "a package put this here");
  CHECK_FALSE(is_there(failed_path(binary)));
}

TEST_CASE("a folder that cannot be written is an error that names it") {
  const TempFolder folder;
  const std::string binary = folder / "vf-agent";
  put(binary, "old", 0755);
  WithoutPrivileges::hand_over(folder.path());
  const WithoutPrivileges nobody;
  REQUIRE(::chmod(folder.path().c_str(), 0500) == 0);
  const Status kept = keep_previous(binary);
  REQUIRE_FALSE(kept);
  CHECK_THAT(kept.error().message(), Catch::Contains(previous_path(binary)));
  REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
}

TEST_CASE("the record of an upgrade is read as it was written, and gone when it is removed") {
  const TempFolder folder;
  REQUIRE(read_upgrade_record(folder.path()));
  CHECK_FALSE(read_upgrade_record(folder.path()).value());
  const UpgradeRecord record{"1.0.0", "2.0.0", "it ended before it was healthy"};
  REQUIRE(write_upgrade_record(folder.path(), record));
  REQUIRE(read_upgrade_record(folder.path()));
  CHECK(read_upgrade_record(folder.path()).value() == record);
  CHECK(mode_of(folder / "state/upgrade") == 0600);
  REQUIRE(remove_upgrade_record(folder.path()));
  CHECK_FALSE(read_upgrade_record(folder.path()).value());
}

TEST_CASE("a record that is torn or foreign is told, removed, and no record") {
  const TempFolder folder;
  REQUIRE(write_upgrade_record(folder.path(), {"1.0.0", "2.0.0", ""}));
  const std::string path = folder / "state/upgrade";
  const std::string whole = content_of(path);
  for (const std::string& broken : {whole.substr(0, whole.size() - 1), std::string(), std::string("hello")}) {
    INFO(broken);
    put(path, broken);
    const auto read = read_upgrade_record(folder.path());
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().message(), Catch::Contains("state/upgrade"));
    CHECK_FALSE(is_there(path));
  }
}

}  // namespace vf::agent
