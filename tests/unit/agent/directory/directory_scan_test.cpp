// On real files.
#include "agent/control/directory/directory_scan.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <string>

#include "agent/control/directory/content_checksum.h"
#include "tests/unit/agent/directory/temp_folder.h"

using namespace std::chrono_literals;
using namespace vf::agent;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using vf::agent::test::TempFolder;

namespace {

const std::string kYaml = "sources: {}\n";

DirectoryScan scan(const TempFolder& folder, const DirectoryScan& before = {},
                   std::chrono::system_clock::duration later = 0s) {
  return scan_directory(folder.path(), before, std::chrono::system_clock::now() + later);
}

/// A scan of files that are no longer fresh.
DirectoryScan late_scan(const TempFolder& folder, const DirectoryScan& before = {}) {
  return scan(folder, before, 1min);
}

const PipelineFiles& files(const DirectoryScan& scan, const std::string& name) {
  return *scan.pipelines.at(name).files;
}

std::string problem(const DirectoryScan& scan, const std::string& name) {
  return files(scan, name).problem;
}

}  // namespace

TEST_CASE("each NAME.yaml is a pipeline, and its NAME.env the secrets") {
  const TempFolder folder;
  folder.write("web.yaml", kYaml, 0644);
  folder.write("db.yaml", "a: 1\n");
  folder.write("db.env", "PASSWORD='x y'\n");
  const DirectoryScan found = scan(folder);
  CHECK_FALSE(found.error);
  REQUIRE(found.pipelines.size() == 2);
  CHECK(problem(found, "web").empty());
  CHECK(files(found, "web").config_yaml == kYaml);
  CHECK(files(found, "web").secrets.empty());
  CHECK(files(found, "web").checksum == content_checksum(kYaml, ""));
  CHECK(files(found, "db").secrets.at("PASSWORD") == "x y");
  CHECK(files(found, "db").checksum == content_checksum("a: 1\n", "PASSWORD='x y'\n"));
  CHECK(found.remarks.empty());
}

TEST_CASE("other files are ignored, and the likely mistakes among them remarked upon") {
  const TempFolder folder;
  for (const char* name : {".a.yaml.swp", "a.yaml~", "4913", "#a.yaml#", "a.yaml.tmp", "README"})
    folder.write(name, "x");
  folder.write("b.yml", kYaml);
  folder.write("c d.yaml", kYaml);
  folder.write("e.env", "A=1\n");
  const DirectoryScan found = scan(folder);
  CHECK(found.pipelines.empty());
  CHECK(found.remarks.size() == 3);
  CHECK(found.remarks.at("b.yml") == "rename it to b.yaml");
  CHECK(found.remarks.at("e.env") == "there is no e.yaml beside it");
  CHECK_THAT(found.remarks.at("c d.yaml"), Contains("letters, digits"));
}

TEST_CASE("a YAML that does not parse is told by file, line and column") {
  const TempFolder folder;
  folder.write("a.yaml", "a: 1\n b: 2\n");
  folder.write("empty.yaml", "");
  const DirectoryScan found = scan(folder);
  CHECK_THAT(problem(found, "a"), StartsWith(folder / "a.yaml:2:"));
  CHECK_THAT(problem(found, "empty"), StartsWith((folder / "empty.yaml:1:1: ") + "the file is empty"));
  CHECK(files(found, "a").config_yaml.empty());
}

TEST_CASE("a .env that does not parse is told by file and line, and its pipeline has a problem") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  folder.write("a.env", "A=1\nsecret\n");
  const DirectoryScan found = scan(folder);
  CHECK(problem(found, "a") == (folder / "a.env:2: ") + "expected '=' right after secret, as in secret=value");
  CHECK(files(found, "a").secrets.empty());
}

TEST_CASE("a .env that group or others may use is refused with the command that helps") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml, 0644);
  for (const mode_t mode : {0644U, 0640U, 0604U, 0620U, 0601U, 0777U}) {
    folder.write("a.env", "A=1\n", mode);
    CAPTURE(mode);
    CHECK_THAT(problem(scan(folder), "a"), StartsWith((folder / "a.env: ") + "group or others may use it"));
    CHECK_THAT(problem(scan(folder), "a"), Contains("run: chmod 600 '" + (folder / "a.env") + "'"));
  }
  CHECK_THAT(problem(scan(folder), "a"), Contains("(mode 0777)"));
  for (const mode_t mode : {0600U, 0400U, 0700U}) {
    folder.write("b.env", "A=1\n", mode);
    folder.replace("a.env", "A=1\n", mode);
    CHECK(problem(scan(folder), "a").empty());
  }
}

TEST_CASE("a mounted volume of Kubernetes works: links into ..data, group read by fsGroup, never others") {
  const TempFolder folder;
  folder.make_folder("..2026_1");
  folder.write("..2026_1/a.yaml", kYaml, 0644);
  folder.write("..2026_1/a.env", "A=1\n", 0440);
  folder.link("..data", "..2026_1");
  folder.link("a.yaml", "..data/a.yaml");
  folder.link("a.env", "..data/a.env");
  const DirectoryScan first = late_scan(folder);
  CHECK(problem(first, "a").empty());
  CHECK(files(first, "a").secrets.at("A") == "1");
  CHECK(first.pipelines.size() == 1);

  folder.make_folder("..2026_2");
  folder.write("..2026_2/a.yaml", "b: 2\n", 0644);
  folder.write("..2026_2/a.env", "A=2\n", 0444);
  folder.relink("..data", "..2026_2");
  const DirectoryScan second = late_scan(folder, first);
  CHECK_THAT(problem(second, "a"), Contains("others may use it (mode 0444); set defaultMode: 0400"));

  REQUIRE(::chmod((folder / "..2026_2/a.env").c_str(), 0400) == 0);
  const DirectoryScan third = late_scan(folder, second);
  CHECK(files(third, "a").config_yaml == "b: 2\n");
  CHECK(files(third, "a").secrets.at("A") == "2");
}

TEST_CASE("a link to a file elsewhere is that file, and one that leads nowhere a problem") {
  const TempFolder folder, elsewhere;
  elsewhere.write("x", kYaml);
  folder.link("a.yaml", elsewhere / "x");
  folder.link("b.yaml", elsewhere / "missing");
  const DirectoryScan found = scan(folder);
  CHECK(files(found, "a").config_yaml == kYaml);
  CHECK(problem(found, "b") == (folder / "b.yaml: ") + "a link that leads nowhere");
}

TEST_CASE("what is no regular file is a problem, not a wait") {
  const TempFolder folder;
  REQUIRE(::mkfifo((folder / "pipe.yaml").c_str(), 0600) == 0);
  folder.make_folder("dir.yaml");
  const DirectoryScan found = scan(folder);
  CHECK(problem(found, "pipe") == (folder / "pipe.yaml: ") + "not a regular file");
  CHECK(problem(found, "dir") == (folder / "dir.yaml: ") + "not a regular file");
}

TEST_CASE("a file above 8 MiB is a problem, one of 8 MiB is not") {
  const TempFolder folder;
  const std::string head = "a: 1\n#";
  folder.write("big.yaml", head + std::string((8U << 20) + 1 - head.size(), 'x'));
  folder.write("fits.yaml", head + std::string((8U << 20) - head.size(), 'x'));
  folder.write("env.yaml", kYaml);
  folder.write("env.env", "A=" + std::string(8U << 20, 'x'));
  const DirectoryScan found = scan(folder);
  CHECK(problem(found, "big") == (folder / "big.yaml: ") + "larger than 8 MiB");
  CHECK(problem(found, "fits").empty());
  CHECK(problem(found, "env") == (folder / "env.env: ") + "larger than 8 MiB");
}

TEST_CASE("a folder that is missing or none says so, and that it is not created") {
  const TempFolder folder;
  const DirectoryScan missing = scan_directory(folder / "no", {}, std::chrono::system_clock::now());
  REQUIRE(missing.error);
  CHECK(missing.error->code == ENOENT);
  CHECK(missing.error->message() == "cannot open the folder " + (folder / "no") +
                                        ": No such file or directory (errno 2); the agent does not create it");
  folder.write("file", "");
  const DirectoryScan none = scan_directory(folder / "file", {}, std::chrono::system_clock::now());
  REQUIRE(none.error);
  CHECK(none.error->code == ENOTDIR);
}

TEST_CASE("what may not be read says so") {
  if (::geteuid() == 0) return;  // root may read everything
  const TempFolder folder;
  folder.write("a.yaml", kYaml, 0000);
  CHECK(problem(scan(folder), "a") == (folder / "a.yaml: ") + "Permission denied (errno 13)");
  REQUIRE(::chmod(folder.path().c_str(), 0000) == 0);
  CHECK(scan(folder).error->code == EACCES);
  REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
}

TEST_CASE("only what changed is read again") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  folder.write("a.env", "A=1\n");
  folder.write("b.yaml", kYaml);
  const DirectoryScan first = late_scan(folder);
  CHECK(first.opened == 3);
  CHECK(late_scan(folder, first).opened == 0);

  folder.write("b.yaml", "b: 1\n");
  const DirectoryScan second = late_scan(folder, first);
  CHECK(second.opened == 1);
  CHECK(files(second, "b").config_yaml == "b: 1\n");
  CHECK(second.pipelines.at("a").files == first.pipelines.at("a").files);

  folder.write("a.env", "A=2\n");
  const DirectoryScan third = late_scan(folder, second);
  CHECK(third.opened == 2);
  CHECK(files(third, "a").secrets.at("A") == "2");

  folder.remove("a.env");
  CHECK(files(late_scan(folder, third), "a").secrets.empty());
  folder.write("b.env", "B=1\n");
  CHECK(files(late_scan(folder, third), "b").secrets.at("B") == "1");
}

TEST_CASE("a change of permissions alone is noticed") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  folder.write("a.env", "A=1\n", 0644);
  const DirectoryScan first = late_scan(folder);
  CHECK_FALSE(problem(first, "a").empty());
  REQUIRE(::chmod((folder / "a.env").c_str(), 0600) == 0);
  CHECK(problem(late_scan(folder, first), "a").empty());
}

TEST_CASE("a file that was just changed is read again, as its stamps may not show the next change") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  const DirectoryScan first = scan(folder);
  CHECK(first.pipelines.at("a").fresh);
  const DirectoryScan second = late_scan(folder, first);
  CHECK(second.opened == 1);
  CHECK_FALSE(second.pipelines.at("a").fresh);
  // Nothing was changed, and nobody takes it for a change.
  CHECK(second.pipelines.at("a").files == first.pipelines.at("a").files);
  CHECK(late_scan(folder, second).opened == 0);
}

TEST_CASE("a file that vanishes is not in the scan") {
  const TempFolder folder;
  folder.write("a.yaml", kYaml);
  const DirectoryScan first = scan(folder);
  folder.remove("a.yaml");
  CHECK(scan(folder, first).pipelines.empty());
}
