#include "agent/state/state_dir.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "agent/state/sealed_file.h"
#include "records.h"
#include "supervisor/pipeline_files.h"
#include "tests/unit/supervisor/small_disk.h"
#include "tests/unit/supervisor/temp_folder.h"

namespace vf::agent::state {
namespace {

using namespace supervisor::test;
using state::test::full_record;
using state::test::plain_record;
using Names = std::set<std::string>;
namespace fs = std::filesystem;

/// Where things are in a data directory.
struct DataDir : TempFolder {
  const std::string state = *this / "state";
  const std::string broken = state + "/broken";
  const std::string pipelines = state + "/pipelines";
  [[nodiscard]] std::string pipeline(const std::string& file) const { return pipelines + "/" + file; }
  [[nodiscard]] LoadedState load(bool keep_secrets = true) const { return StateDir(path(), keep_secrets).load(); }
  /// Every byte of every file.
  [[nodiscard]] std::string all_content() const {
    std::string all;
    for (const auto& entry : fs::recursive_directory_iterator(path()))
      if (entry.is_regular_file()) all += content_of(entry.path().string());
    return all;
  }
};

Names ids_of(const LoadedState& loaded) {
  Names ids;
  for (const PipelineRecord& record : loaded.pipelines) ids.insert(record.wanted.id);
  return ids;
}

Deaths some_deaths() {
  Deaths deaths;
  for (int i = 1; i <= 25; ++i) deaths.add({"x", "X", i, "exit code 1", 5, "oops", "started again in 1 s", i});
  return deaths;
}

/// Two pipelines and everything else, saved.
void save_all(const DataDir& dir) {
  StateDir state(dir.path(), true);
  REQUIRE(state.save_pipeline(full_record("a")));
  REQUIRE(state.save_pipeline(full_record("b")));
  REQUIRE(state.save_known());
  REQUIRE(state.save_deaths(some_deaths()));
}

void check_modes(const DataDir& dir) {
  CHECK(mode_of(dir.state) == 0700);
  for (const auto& entry : fs::recursive_directory_iterator(dir.state))
    CHECK(mode_of(entry.path().string()) == (entry.is_directory() ? 0700U : 0600U));
}

bool no_secret_in(const std::string& bytes) {
  for (const char* secret : {"s3cret", "raw secret", "secret-certificate", "TOKEN", "LS0t", "AAH/", "IHJhdyBzZWNyZXQ"})
    if (bytes.find(secret) != std::string::npos) return false;
  return true;
}

}  // namespace

TEST_CASE("where nothing was saved nothing is known, and looking makes nothing") {
  const DataDir dir;
  const LoadedState loaded = dir.load();
  CHECK(loaded.pipelines.empty());
  CHECK_FALSE(loaded.known);
  CHECK(loaded.deaths.newest_first().empty());
  CHECK(loaded.problems.empty());
  CHECK(names_in(dir.path()).empty());
  CHECK(DataDir().load().problems.empty());
  CHECK(StateDir("/nonexistent/vf", false).load().problems.empty());
}

TEST_CASE("what was saved comes back after a restart, in files for nobody else") {
  const DataDir dir;
  save_all(dir);
  const LoadedState loaded = dir.load();
  CHECK(loaded.pipelines == std::vector{full_record("a"), full_record("b")});
  CHECK(loaded.known);
  CHECK(loaded.deaths == some_deaths());
  CHECK(loaded.deaths.newest_first().size() == 20);
  CHECK(loaded.problems.empty());
  CHECK(names_in(dir.state) == Names{"deaths", "desired", "pipelines"});
  CHECK(names_in(dir.pipelines) == Names{"a.state", "b.state"});
  check_modes(dir);
}

TEST_CASE("a desired state without pipelines is known all the same") {
  const DataDir dir;
  REQUIRE(StateDir(dir.path(), false).save_known());
  CHECK(dir.load().known);
  CHECK(dir.load().pipelines.empty());
  check_modes(dir);
}

TEST_CASE("pipelines without the marker are of a desired state that was not saved to its end") {
  const DataDir dir;
  REQUIRE(StateDir(dir.path(), false).save_pipeline(plain_record("a")));
  const LoadedState loaded = dir.load();
  CHECK_FALSE(loaded.known);
  CHECK(ids_of(loaded) == Names{"a"});
  CHECK(loaded.problems.empty());
}

TEST_CASE("any id has a file") {
  const DataDir dir;
  StateDir state(dir.path(), true);
  const Names ids{".",        "..",
                  "a/b",      "../../x",
                  "a.state",  "a.live",
                  "a.new",    "a.state.new",
                  "%2e",      " ",
                  "\n",       "\xFF",
                  "a",        std::string(300, 'i'),
                  "\xC3\xA4", std::string("\0", 1)};
  for (const std::string& id : ids) {
    REQUIRE(state.save_pipeline(plain_record(id)));
    REQUIRE(state.save_process(plain_record(id)));
  }
  const LoadedState loaded = dir.load();
  CHECK(ids_of(loaded) == ids);
  CHECK(loaded.problems.empty());
  for (const std::string& id : ids) REQUIRE(state.remove_pipeline(id));
  CHECK(names_in(dir.pipelines).empty());
}

TEST_CASE("a removed pipeline stays away, and removing what was never saved is no error") {
  const DataDir dir;
  StateDir state(dir.path(), true);
  CHECK(state.remove_pipeline("a"));
  CHECK(names_in(dir.path()).empty());
  save_all(dir);
  REQUIRE(state.save_process(full_record("a")));
  CHECK(state.remove_pipeline("a"));
  CHECK(state.remove_pipeline("never"));
  CHECK(ids_of(dir.load()) == Names{"b"});
  CHECK(names_in(dir.pipelines) == Names{"b.state"});
}

TEST_CASE("a process that was saved last is found, and so is a pipeline that was saved after it") {
  const DataDir dir;
  StateDir state(dir.path(), true);
  PipelineRecord record = full_record("a");
  REQUIRE(state.save_pipeline(record));
  for (int pid = 100; pid < 103; ++pid) {
    record.process->pid = pid;
    record.starts = static_cast<std::uint64_t>(pid);
    REQUIRE(state.save_process(record));
    CHECK(dir.load().pipelines == std::vector{record});
  }
  check_modes(dir);
  CHECK(names_in(dir.pipelines) == Names{"a.live", "a.state"});

  record.wanted.version = 77;
  record.process.reset();
  REQUIRE(state.save_pipeline(record));
  CHECK(dir.load().pipelines == std::vector{record});
  CHECK(names_in(dir.pipelines) == Names{"a.state"});
}

TEST_CASE("a process is saved where its pipeline never was") {
  const DataDir dir;
  REQUIRE(StateDir(dir.path(), true).save_process(full_record("a")));
  CHECK(dir.load().pipelines == std::vector{full_record("a")});
  check_modes(dir);
}

TEST_CASE("a process's file torn by the host's crash costs the process, not the pipeline") {
  const DataDir dir;
  StateDir state(dir.path(), true);
  REQUIRE(state.save_pipeline(full_record("a")));
  PipelineRecord newer = full_record("a");
  newer.process->pid = 5;
  REQUIRE(state.save_process(newer));
  put(dir.pipeline("a.live"), "");
  const LoadedState loaded = dir.load();
  CHECK(loaded.pipelines == std::vector{full_record("a")});
  REQUIRE(loaded.problems.size() == 1);
  CHECK_THAT(loaded.problems[0], Catch::Contains("a.live is not used: it is empty; it is now " + dir.broken));
}

TEST_CASE("a pipeline's file torn at any byte is moved aside and told, and the others are read") {
  const DataDir dir;
  save_all(dir);
  const std::string whole = content_of(dir.pipeline("a.state"));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO(length);
    put(dir.pipeline("a.state"), whole.substr(0, length));
    const LoadedState loaded = dir.load();
    CHECK(ids_of(loaded) == Names{"b"});
    CHECK(loaded.known);
    REQUIRE(loaded.problems.size() == 1);
    const std::string now = dir.broken + "/a.state." + std::to_string(length + 1);
    CHECK_THAT(loaded.problems[0], Catch::StartsWith(dir.pipeline("a.state") + " is not used: it is "));
    CHECK_THAT(loaded.problems[0], Catch::Contains("; it is now " + now));
    CHECK(content_of(now) == whole.substr(0, length));
    CHECK_FALSE(is_there(dir.pipeline("a.state")));
    CHECK(dir.load().problems.empty());
  }
  CHECK(names_in(dir.broken).size() == 20);
}

TEST_CASE("a marker and deaths torn at any byte are moved aside and told, and the pipelines are read") {
  const DataDir dir;
  save_all(dir);
  for (const std::string name : {"desired", "deaths"}) {
    const std::string path = dir.state + "/" + name;
    const std::string whole = content_of(path);
    for (std::size_t length = 0; length < whole.size(); length += length < 160 ? 1 : 61) {
      INFO(name << " " << length);
      put(path, whole.substr(0, length));
      const LoadedState loaded = dir.load();
      CHECK(ids_of(loaded) == Names{"a", "b"});
      CHECK(loaded.known == (name != "desired"));
      CHECK(loaded.deaths.newest_first().size() == (name == "deaths" ? 0 : 20));
      REQUIRE(loaded.problems.size() == 1);
      CHECK_THAT(loaded.problems[0], Catch::Contains("; it is now " + dir.broken + "/" + name + "."));
      CHECK_FALSE(is_there(path));
    }
    put(path, whole);
  }
  CHECK(dir.load().problems.empty());
}

TEST_CASE("a file with a flipped bit is moved aside and told") {
  const DataDir dir;
  save_all(dir);
  const std::string whole = content_of(dir.pipeline("a.state"));
  for (std::size_t at = 0; at < whole.size(); at += 13) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    put(dir.pipeline("a.state"), flipped);
    const LoadedState loaded = dir.load();
    INFO(at);
    CHECK(ids_of(loaded) == Names{"b"});
    CHECK(loaded.problems.size() == 1);
  }
}

TEST_CASE("each kind of unusable file is told in its own words") {
  const DataDir dir;
  save_all(dir);
  const std::string whole = content_of(dir.pipeline("a.state"));
  const auto told = [&](const std::string& name, const std::string& content) {
    put(dir.pipeline(name), content, 0644);
    const LoadedState loaded = dir.load();
    REQUIRE(loaded.problems.size() == 1);
    CHECK_FALSE(is_there(dir.pipeline(name)));
    return loaded.problems[0].substr(dir.pipeline(name).size());
  };
  using Catch::StartsWith;
  CHECK_THAT(told("a.state", "hello\n"), StartsWith(" is not used: it is no state file of a vf-agent; it is now "));
  CHECK_THAT(told("a.state", "vf-agent-state 2 pipeline\n"),
             StartsWith(" is not used: it was written by a newer vf-agent (format 2); it is now "));
  CHECK_THAT(told("a.state", seal("deaths", "{}")),
             StartsWith(" is not used: it holds another kind of state: deaths; it is now "));
  CHECK_THAT(told("a.state", seal("pipeline", "{}")), StartsWith(" is not used: wanted is missing; it is now "));
  CHECK_THAT(told("c.state", whole),
             StartsWith(" is not used: it is foreign: it holds the pipeline a under another's name; it is now "));
  CHECK_THAT(told("c.live", whole), StartsWith(" is not used: it is foreign: "));
  for (const std::string& name :
       std::vector<std::string>{"README", "a.state.bak", ".state", "A.state", std::string(250, 'x')})
    CHECK_THAT(told(name, name == "README" ? "read me" : whole), StartsWith(" is not used: it"));
  put(dir.pipeline("a.state"), whole);
  CHECK(ids_of(dir.load()) == Names{"a", "b"});
}

TEST_CASE("a file's name that would steer a terminal is shown harmlessly") {
  const DataDir dir;
  save_all(dir);
  put(dir.pipeline("\x1b[31m\n"), "x");
  const LoadedState loaded = dir.load();
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].find_first_of("\x1b\n") == std::string::npos);
}

TEST_CASE("what is no plain file is moved aside unread, and what it names is not touched") {
  const DataDir dir;
  save_all(dir);
  fs::remove(dir.pipeline("a.state"));
  REQUIRE(::mkfifo(dir.pipeline("a.state").c_str(), 0600) == 0);  // reading it would wait for ever
  fs::create_directories(dir.pipeline("c.state/inner"));
  put(dir / "elsewhere", content_of(dir.pipeline("b.state")));
  fs::remove(dir.pipeline("b.state"));
  fs::create_symlink(dir / "elsewhere", dir.pipeline("b.state"));
  fs::remove(dir.state + "/desired");
  fs::create_directory(dir.state + "/desired");
  const LoadedState loaded = dir.load();
  CHECK(loaded.pipelines.empty());
  CHECK_FALSE(loaded.known);
  CHECK(loaded.problems.size() == 4);
  CHECK(names_in(dir.pipelines).empty());
  CHECK(names_in(dir.broken) == Names{"desired.1", "a.state.2", "b.state.3", "c.state.4"});
  CHECK(is_there(dir / "elsewhere"));
  save_all(dir);
  CHECK(ids_of(dir.load()) == Names{"a", "b"});
}

TEST_CASE("a file above 64 MiB is moved aside, and none is written") {
  const DataDir dir;
  save_all(dir);
  fs::resize_file(dir.pipeline("a.state"), StateDir::largest_file + 1);
  const LoadedState loaded = dir.load();
  CHECK(ids_of(loaded) == Names{"b"});
  REQUIRE(loaded.problems.size() == 1);
  CHECK_THAT(loaded.problems[0], Catch::Contains("a.state is not used: larger than 67108864 bytes; it is now "));

  StateDir state(dir.path(), true);
  PipelineRecord large = plain_record("b");
  large.wanted.config_yaml.assign(StateDir::largest_file, '#');
  for (const Status& saved : {state.save_pipeline(large), state.save_process(large)}) {
    REQUIRE_FALSE(saved);
    CHECK(saved.error().code == EFBIG);
  }
  CHECK(dir.load().pipelines == std::vector{full_record("b")});
}

TEST_CASE("a file that may not be read is moved aside and told") {
  const DataDir dir;
  save_all(dir);
  for (const std::string& path : {dir.path(), dir.state, dir.pipelines, dir.pipeline("a.state"),
                                  dir.pipeline("b.state"), dir.state + "/deaths", dir.state + "/desired"})
    WithoutPrivileges::hand_over(path);
  REQUIRE(::chmod(dir.pipeline("a.state").c_str(), 0) == 0);
  const WithoutPrivileges here;
  const LoadedState loaded = dir.load();
  CHECK(ids_of(loaded) == Names{"b"});
  REQUIRE(loaded.problems.size() == 1);
  CHECK_THAT(loaded.problems[0], Catch::Contains("Permission denied (errno 13); it is now "));
}

TEST_CASE("at most 20 broken files are kept, the newest, and what made room is told") {
  const DataDir dir;
  save_all(dir);
  fs::create_directory(dir.broken);
  put(dir.broken + "/notes of an operator", "x");
  for (int i = 1; i <= 33; ++i) {
    put(dir.pipeline("z" + std::to_string(i % 3) + ".state"), std::to_string(i));
    const LoadedState loaded = dir.load();
    REQUIRE(loaded.problems.size() == 1);
    const std::string oldest = "z" + std::to_string((i - 20) % 3) + ".state." + std::to_string(i - 20);
    if (i <= 20) CHECK_THAT(loaded.problems[0], !Catch::Contains("removed"));
    if (i > 20) CHECK_THAT(loaded.problems[0], Catch::EndsWith("; the older " + oldest + " there was removed"));
  }
  const Names kept = names_in(dir.broken);
  CHECK(kept.size() == 21);
  CHECK(kept.contains("notes of an operator"));
  for (int i = 14; i <= 33; ++i) {
    const std::string name = "z" + std::to_string(i % 3) + ".state." + std::to_string(i);
    CHECK(content_of(dir.broken + "/" + name) == std::to_string(i));
  }
  CHECK(mode_of(dir.broken) == 0700);
}

TEST_CASE("where moving aside fails it is told, the rest is read, and the next save mends it") {
  const DataDir dir;
  save_all(dir);
  put(dir.broken, "a file where the folder should be");
  put(dir.pipeline("a.state"), "torn");
  put(dir.state + "/deaths", "");
  const LoadedState loaded = dir.load();
  CHECK(ids_of(loaded) == Names{"b"});
  CHECK(loaded.known);
  REQUIRE(loaded.problems.size() == 2);
  for (const std::string& problem : loaded.problems) {
    CHECK_THAT(problem, Catch::Contains("cannot create directory " + dir.broken));
    CHECK_THAT(problem, Catch::EndsWith("; it stays where it is"));
  }
  save_all(dir);
  CHECK(dir.load().problems.empty());
  CHECK(ids_of(dir.load()) == Names{"a", "b"});
}

TEST_CASE("a file where a folder should be costs no load, and is told") {
  const DataDir dir;
  fs::create_directory(dir.state);
  put(dir.pipelines, "x");
  LoadedState loaded = dir.load();
  CHECK(loaded.problems.size() == 1);
  CHECK(names_in(dir.broken) == Names{"pipelines.1"});
  save_all(dir);
  CHECK(ids_of(dir.load()) == Names{"a", "b"});

  const DataDir other;
  put(other.state, "x");
  loaded = other.load();
  REQUIRE(loaded.problems.size() == 1);
  CHECK_THAT(loaded.problems[0], Catch::EndsWith("; it stays where it is"));
  CHECK_FALSE(StateDir(other.path(), true).save_known());
}

TEST_CASE("writes that a crash cut short leave nothing behind") {
  const DataDir dir;
  save_all(dir);
  for (const std::string name : {"/pipelines/a.state.new", "/pipelines/b.live.new", "/desired.new", "/deaths.new"})
    put(dir.state + name, "half a fi");
  fs::create_directory(dir.pipeline("c.state.new"));  // would be in the way of every save
  const LoadedState loaded = dir.load();
  CHECK(ids_of(loaded) == Names{"a", "b"});
  CHECK(loaded.problems.size() == 1);
  CHECK(names_in(dir.broken) == Names{"c.state.new.1"});
  CHECK(names_in(dir.state) == Names{"broken", "deaths", "desired", "pipelines"});
  CHECK(names_in(dir.pipelines) == Names{"a.state", "b.state"});
}

TEST_CASE("secrets that are not to be kept are in no byte on the disk") {
  const DataDir dir;
  StateDir state(dir.path(), false);
  REQUIRE(state.save_pipeline(full_record("a")));
  CHECK(no_secret_in(dir.all_content()));
  REQUIRE(state.save_process(full_record("a")));
  REQUIRE(state.save_process(full_record("b")));
  CHECK(no_secret_in(dir.all_content()));
  const LoadedState loaded = dir.load(false);
  REQUIRE(ids_of(loaded) == Names{"a", "b"});
  for (const PipelineRecord& record : loaded.pipelines) {
    CHECK(record.wanted_lacks_secrets);
    CHECK(record.good_lacks_secrets);
    CHECK(record.wanted.secrets.empty());
  }
  // The search finds what it searches for.
  REQUIRE(StateDir(dir.path(), true).save_pipeline(full_record("a")));
  CHECK_FALSE(no_secret_in(dir.all_content()));
}

TEST_CASE("a pipeline without secrets lacks none after a restart without VF_PERSIST_SECRETS") {
  const DataDir dir;
  REQUIRE(StateDir(dir.path(), false).save_pipeline(plain_record("a")));
  CHECK(dir.load(false).pipelines == std::vector{plain_record("a")});
}

TEST_CASE("secrets of an earlier run are not used when they are not kept any more, and go with the next save") {
  for (const bool as_process : {false, true}) {
    const DataDir dir;
    REQUIRE(StateDir(dir.path(), true).save_pipeline(full_record("a")));
    REQUIRE(StateDir(dir.path(), true).save_process(full_record("a")));
    StateDir state(dir.path(), false);
    const LoadedState loaded = state.load();
    CHECK(loaded.problems.empty());
    REQUIRE(loaded.pipelines.size() == 1);
    CHECK(loaded.pipelines[0].wanted_lacks_secrets);
    CHECK(loaded.pipelines[0].wanted.secrets.empty());
    CHECK(loaded.pipelines[0].wanted.certs[0].bytes.empty());
    CHECK_FALSE(no_secret_in(dir.all_content()));
    const PipelineRecord& record = loaded.pipelines[0];
    REQUIRE((as_process ? state.save_process(record) : state.save_pipeline(record)).ok());
    CHECK(no_secret_in(dir.all_content()));
    CHECK(dir.load().pipelines == loaded.pipelines);
  }
}

TEST_CASE("a full disk is an error that names the file, and what was saved before stays") {
  const SmallDisk disk;
  if (!disk.mounted()) {
    WARN("no small file system without root");
    return;
  }
  StateDir state(disk.path(), true);
  REQUIRE(state.save_pipeline(full_record("a")));
  REQUIRE(state.save_known());
  disk.fill();
  PipelineRecord changed = full_record("a");
  changed.wanted.config_yaml.assign(20'000, '#');
  for (const Status& saved : {state.save_pipeline(changed), state.save_process(changed)}) {
    REQUIRE_FALSE(saved);
    CHECK(saved.error().code == ENOSPC);
    CHECK_THAT(saved.error().attempted, Catch::Contains(disk / "state/pipelines/a."));
  }
  disk.free_again();
  const LoadedState loaded = StateDir(disk.path(), true).load();
  CHECK(loaded.pipelines == std::vector{full_record("a")});
  CHECK(loaded.problems.empty());
  CHECK(names_in(disk / "state/pipelines") == Names{"a.state"});
}

}  // namespace vf::agent::state
