#include "agent/control/directory/directory_state.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

using namespace vf::agent;
using Catch::Matchers::Contains;

namespace {

ScannedPipeline good(const std::string& yaml, std::map<std::string, std::string> secrets = {}, bool env = false) {
  auto files = std::make_shared<PipelineFiles>();
  files->checksum = "sum of " + yaml;
  for (const auto& [name, value] : secrets) files->checksum += " " + name + "=" + value;
  files->config_yaml = yaml;
  files->secrets = std::move(secrets);
  ScannedPipeline scanned;
  scanned.files = files;
  scanned.yaml = FileStamp{};
  if (env || !files->secrets.empty()) scanned.env = FileStamp{};
  return scanned;
}

ScannedPipeline bad(const std::string& problem, const std::string& checksum = "bad") {
  auto files = std::make_shared<PipelineFiles>();
  files->problem = problem;
  files->checksum = checksum;
  ScannedPipeline scanned;
  scanned.files = files;
  scanned.yaml = FileStamp{};
  return scanned;
}

DirectoryScan scan_of(std::map<std::string, ScannedPipeline> pipelines) {
  DirectoryScan scan;
  scan.pipelines = std::move(pipelines);
  return scan;
}

DirectoryScan failed(const std::string& reason) {
  DirectoryScan scan;
  scan.error = vf::Error{"open the folder /x", reason, 2};
  return scan;
}

/// Nothing for anybody to hear.
bool is_silent(const DirectoryNews& news) {
  return !news.link && !news.desired && news.refusals.empty() && news.remarks.empty();
}

/// What a scan is for may also be only what it leaves behind.
DirectoryNews take(DirectoryState& state, const DirectoryScan& scan) {
  return take_in(state, scan);
}

using Refusals = std::vector<Refusal>;

}  // namespace

TEST_CASE("the first scan says all that is wanted, sorted, and that the folder is reached") {
  DirectoryState state;
  const DirectoryNews news = take(state, scan_of({{"b", good("B", {{"K", "v"}})}, {"a", good("A")}}));
  CHECK(news.link == LinkState{Link::connected, ""});
  REQUIRE(news.desired);
  REQUIRE(news.desired->pipelines.size() == 2);
  const auto& a = news.desired->pipelines[0];
  CHECK(a.id == "a");
  CHECK(a.name == "a");
  CHECK(a.version == 1);
  CHECK(a.checksum == "sum of A");
  CHECK(a.config_yaml == "A");
  CHECK(a.secrets.empty());
  CHECK(a.log_level.empty());
  CHECK(a.certs.empty());
  CHECK(news.desired->pipelines[1].id == "b");
  CHECK(news.desired->pipelines[1].secrets.at("K") == "v");
  CHECK(news.refusals.empty());
  CHECK_FALSE(news.doubt);
}

TEST_CASE("a first scan that finds nothing says that nothing is wanted") {
  DirectoryState state;
  const DirectoryNews news = take(state, scan_of({}));
  REQUIRE(news.desired);
  CHECK(news.desired->pipelines.empty());
}

TEST_CASE("a scan that finds nothing new says nothing") {
  DirectoryState state;
  const DirectoryScan scan = scan_of({{"a", good("A")}, {"b", bad("why")}});
  take(state, scan);
  CHECK(is_silent(take(state, scan)));
  CHECK(is_silent(take(state, scan_of({{"a", good("A")}, {"b", bad("why")}}))));
}

TEST_CASE("a version counts the different contents of one pipeline from 1") {
  DirectoryState state;
  const auto version = [&](const std::string& yaml) {
    const DirectoryNews news = take(state, scan_of({{"a", good(yaml)}, {"other", good("same")}}));
    REQUIRE(news.desired);
    CHECK(news.desired->pipelines[1].version == 1);
    return news.desired->pipelines[0].version;
  };
  CHECK(version("A") == 1);
  CHECK(version("B") == 2);
  CHECK(version("A") == 3);
}

TEST_CASE("a changed secret is a new version") {
  DirectoryState state;
  take(state, scan_of({{"a", good("A", {{"K", "1"}})}}));
  const DirectoryNews news = take(state, scan_of({{"a", good("A", {{"K", "2"}})}}));
  REQUIRE(news.desired);
  CHECK(news.desired->pipelines[0].version == 2);
  CHECK(news.desired->pipelines[0].secrets.at("K") == "2");
}

TEST_CASE("a pipeline that was gone goes on counting, and the same content keeps its version") {
  DirectoryState state;
  take(state, scan_of({{"a", good("A")}}));
  take(state, scan_of({}));
  take(state, scan_of({}));
  CHECK(take(state, scan_of({{"a", good("A")}})).desired->pipelines.at(0).version == 1);
  take(state, scan_of({}));
  take(state, scan_of({}));
  CHECK(take(state, scan_of({{"a", good("B")}})).desired->pipelines.at(0).version == 2);
}

TEST_CASE("a file that does not parse keeps the last good one wanted and says why, once") {
  DirectoryState state;
  take(state, scan_of({{"a", good("A")}}));
  const DirectoryNews news = take(state, scan_of({{"a", bad("/x/a.yaml:1:2: why")}}));
  CHECK_FALSE(news.desired);
  CHECK(news.refusals == Refusals{{"a", "/x/a.yaml:1:2: why"}});
  CHECK(is_silent(take(state, scan_of({{"a", bad("/x/a.yaml:1:2: why")}}))));

  const DirectoryNews other = take(state, scan_of({{"a", bad("/x/a.yaml:1:2: why")}, {"b", good("B")}}));
  REQUIRE(other.desired);
  CHECK(other.desired->pipelines.at(0).config_yaml == "A");
  CHECK(other.desired->pipelines.at(0).version == 1);
}

TEST_CASE("a refused file that changes and is still bad is refused anew") {
  DirectoryState state;
  take(state, scan_of({{"a", bad("why", "1")}}));
  CHECK(take(state, scan_of({{"a", bad("why", "2")}})).refusals == Refusals{{"a", "why"}});
  CHECK(take(state, scan_of({{"a", bad("another", "2")}})).refusals == Refusals{{"a", "another"}});
}

TEST_CASE("a refused file that becomes good is wanted, and refused no longer") {
  DirectoryState state;
  take(state, scan_of({{"a", good("A")}}));
  take(state, scan_of({{"a", bad("why")}}));
  const DirectoryNews news = take(state, scan_of({{"a", good("B")}}));
  REQUIRE(news.desired);
  CHECK(news.desired->pipelines.at(0).config_yaml == "B");
  CHECK(news.desired->pipelines.at(0).version == 2);
  CHECK(news.refusals == Refusals{{"a", ""}});
}

TEST_CASE("a refused file that goes back to what runs changes nothing but the refusal") {
  DirectoryState state;
  take(state, scan_of({{"a", good("A")}}));
  take(state, scan_of({{"a", bad("why")}}));
  const DirectoryNews news = take(state, scan_of({{"a", good("A")}}));
  CHECK_FALSE(news.desired);
  CHECK(news.refusals == Refusals{{"a", ""}});
}

TEST_CASE("a pipeline that was never good is refused and not wanted") {
  DirectoryState state;
  const DirectoryNews news = take(state, scan_of({{"a", bad("why")}}));
  REQUIRE(news.desired);
  CHECK(news.desired->pipelines.empty());
  CHECK(news.refusals == Refusals{{"a", "why"}});
}

TEST_CASE("a file that vanishes is believed gone when a second scan misses it too") {
  DirectoryState state;
  take(state, scan_of({{"a", good("A")}, {"b", good("B")}}));
  const DirectoryNews first = take(state, scan_of({{"b", good("B")}}));
  CHECK(first.doubt);
  CHECK(is_silent(first));
  const DirectoryNews second = take(state, scan_of({{"b", good("B")}}));
  CHECK_FALSE(second.doubt);
  REQUIRE(second.desired);
  REQUIRE(second.desired->pipelines.size() == 1);
  CHECK(second.desired->pipelines[0].id == "b");
  CHECK(is_silent(take(state, scan_of({{"b", good("B")}}))));
}

TEST_CASE("a file that is put aside and written anew never stops its pipeline") {
  DirectoryState state;
  take(state, scan_of({{"a", good("A")}}));
  take(state, scan_of({}));
  const DirectoryNews back = take(state, scan_of({{"a", good("B")}}));
  REQUIRE(back.desired);
  CHECK(back.desired->pipelines.at(0).version == 2);
  // The doubt is over: to be gone it must be missed twice again.
  CHECK(is_silent(take(state, scan_of({}))));
}

TEST_CASE("a .env that vanishes is believed gone when a second scan misses it too") {
  DirectoryState state;
  take(state, scan_of({{"a", good("A", {{"K", "v"}})}}));
  const DirectoryNews first = take(state, scan_of({{"a", good("A")}}));
  CHECK(first.doubt);
  CHECK(is_silent(first));
  const DirectoryNews second = take(state, scan_of({{"a", good("A")}}));
  REQUIRE(second.desired);
  CHECK(second.desired->pipelines.at(0).secrets.empty());
}

TEST_CASE("a refused pipeline that vanishes is refused no longer") {
  DirectoryState state;
  take(state, scan_of({{"a", good("A")}, {"b", bad("why")}}));
  take(state, scan_of({{"a", bad("why")}, {"b", bad("why")}}));
  take(state, scan_of({}));
  const DirectoryNews news = take(state, scan_of({}));
  REQUIRE(news.desired);
  CHECK(news.desired->pipelines.empty());
  CHECK(news.refusals == Refusals{{"a", ""}, {"b", ""}});
}

TEST_CASE("a folder that cannot be read leaves everything wanted and says why, once") {
  DirectoryState state;
  take(state, scan_of({{"a", good("A")}}));
  const DirectoryNews news = take(state, failed("gone"));
  CHECK(news.link == LinkState{Link::degraded, "cannot open the folder /x: gone"});
  CHECK_FALSE(news.desired);
  CHECK(news.refusals.empty());
  CHECK_FALSE(news.doubt);
  CHECK(is_silent(take(state, failed("gone"))));
  CHECK(take(state, failed("denied")).link == LinkState{Link::degraded, "cannot open the folder /x: denied"});

  const DirectoryNews back = take(state, scan_of({{"a", good("A")}}));
  CHECK(back.link == LinkState{Link::connected, ""});
  CHECK_FALSE(back.desired);
}

TEST_CASE("a folder that is missing at start says nothing of what is wanted until it is there") {
  DirectoryState state;
  const DirectoryNews news = take(state, failed("missing"));
  CHECK_FALSE(news.desired);
  CHECK(news.link->link == Link::degraded);
  CHECK(take(state, scan_of({})).desired);
}

TEST_CASE("a file that is not used is remarked upon once for as long as it is there") {
  DirectoryState state;
  DirectoryScan scan = scan_of({});
  scan.remarks = {{"a.yml", "rename it"}};
  CHECK(take(state, scan).remarks == std::vector<std::string>{"a.yml is not used: rename it"});
  CHECK(take(state, scan).remarks.empty());
  CHECK(take(state, scan_of({})).remarks.empty());
  CHECK(take(state, scan).remarks.size() == 1);
}
