#include "supervisor/pipeline_files.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "supervisor/atomic_file.h"
#include "temp_folder.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;

namespace {

using Names = std::set<std::string>;

PipelineSpec spec(const std::string& id, const std::string& yaml = "sources: {}\n") {
  PipelineSpec made;
  made.id = id;
  made.config_yaml = yaml;
  return made;
}

/// Every path that is ever written for an id, temporary ones included.
std::vector<std::string> paths_of(const std::string& id) {
  const PipelineFiles files = files_of("/data", id);
  return {files.config,           files.config + ".new", files.sidecar,
          files.sidecar + ".new", files.standard_output, files.standard_error};
}

constexpr PortPair ports{8688, 8689};

}  // namespace

TEST_CASE("a usual id is its own file name") {
  for (const char* id : {"p1", "cm1a2b3c4", "3f2b8c9e-0d5e-4b7a-9c1d-2e3f4a5b6c7d", "shop_logs.v2", "A-Z"})
    CHECK(file_name_of(id) == id);
}

TEST_CASE("no id leads out of its folder or hides") {
  const std::map<std::string, std::string> expected = {{"../x", "%2e.%2fx"},
                                                       {"..", "%2e."},
                                                       {".", "%2e"},
                                                       {".hidden", "%2ehidden"},
                                                       {"a/../../b", "a%2f..%2f..%2fb"},
                                                       {"/etc/passwd", "%2fetc%2fpasswd"},
                                                       {"a b", "a%20b"},
                                                       {"a%20b", "a%2520b"},
                                                       {std::string("a\0b", 3), "a%00b"},
                                                       {"ü", "%c3%bc"},
                                                       {"a\nb", "a%0ab"},
                                                       {"a~b", "a%7eb"},
                                                       {"", ""}};
  for (const auto& [id, name] : expected) CHECK(file_name_of(id) == name);
  for (const auto& [id, name] : expected)
    for (const std::string& path : paths_of(id)) {
      CHECK(path.find("/../") == std::string::npos);
      CHECK(std::count(path.begin(), path.end(), '/') == 3);
    }
}

TEST_CASE("a very long id has a short name of its own") {
  const std::string common(4000, 'a');
  const std::string one = file_name_of(common + "1");
  const std::string two = file_name_of(common + "2");
  CHECK(one != two);
  CHECK(one.size() <= 120);
  CHECK(file_name_of(std::string(120, 'a')) == std::string(120, 'a'));
  CHECK(file_name_of(std::string(121, 'a')).size() == 120);
  CHECK(file_name_of(std::string(50, '/')).size() <= 120);
  CHECK(file_name_of(common) == file_name_of(common));
}

TEST_CASE("no file of one id is a file of another, temporary ones included") {
  std::set<std::string> ids = {"",
                               ".",
                               "..",
                               "x",
                               "x.yaml",
                               "x.yaml.vf-metrics",
                               "x.yaml.vf-metrics.yaml",
                               "x.yaml.new",
                               "x.vf-metrics",
                               ".vf-metrics",
                               "x%2evf-metrics",
                               "x.new",
                               "x.stdout",
                               "x.stderr",
                               "x.stdout.new",
                               "X",
                               "x~",
                               "%",
                               "%2e",
                               "%2E",
                               "%252e",
                               "x/",
                               "/x",
                               "x%2f"};
  std::minstd_rand random(42);
  const std::string alphabet = std::string("ab./%~-_ 2efABy") + '\0' + "\xc3\xbc";
  const std::string_view words[] = {".yaml", ".vf-metrics", ".new", ".stderr", ".stdout"};
  for (int i = 0; i < 20000; ++i) {
    std::string id;
    for (auto length = random() % 6; length > 0; --length) {
      if (random() % 4 == 0)
        id += words[random() % std::size(words)];
      else
        id += alphabet[random() % alphabet.size()];
    }
    if (random() % 50 == 0) id += std::string(90 + random() % 40, alphabet[random() % 4]);
    ids.insert(id);
  }
  std::map<std::string, std::string> owners;
  for (const std::string& id : ids)
    for (const std::string& path : paths_of(id)) {
      const auto [owner, is_new] = owners.emplace(path, id);
      if (is_new) continue;
      INFO(path << " belongs to '" << owner->second << "' and to '" << id << "'");
      REQUIRE(is_new);
    }
  CHECK(owners.size() == 6 * ids.size());
}

TEST_CASE("a pipeline's files are written for the agent's eyes only") {
  const TempFolder folder;
  const std::string data = folder / "data";
  PipelineSpec wanted = spec("shop", "sources:\n  in: {type: demo_logs}\n");
  wanted.certs = {{"shop.pem", "certificate"}, {"shop.key", std::string("\0\xff key", 6)}};
  const auto written = write_pipeline(data, wanted, {SidecarKind::lean, ""}, ports);
  REQUIRE(written);
  CHECK_FALSE(written.value().own_api_taken_out);
  const PipelineFiles files = files_of(data, "shop");
  CHECK(files.config == data + "/pipelines/shop.yaml");
  CHECK(files.sidecar == data + "/pipelines/shop.yaml.vf-metrics.yaml");
  CHECK(files.standard_output == data + "/logs/shop.stdout");
  CHECK(files.standard_error == data + "/logs/shop.stderr");
  CHECK(content_of(files.config) == wanted.config_yaml);
  CHECK(content_of(files.sidecar) == sidecar_yaml(SidecarKind::lean, ports));
  CHECK(content_of(data + "/certs/shop.pem") == "certificate");
  CHECK(content_of(data + "/certs/shop.key") == wanted.certs[1].bytes);
  for (const std::string& path : {files.config, files.sidecar, data + "/certs/shop.pem", data + "/certs/shop.key"})
    CHECK(mode_of(path) == 0600);
  for (const char* below : {"/pipelines", "/logs", "/certs"}) CHECK(mode_of(data + below) == 0700);
  CHECK(names_in(data + "/pipelines") == Names{"shop.yaml", "shop.yaml.vf-metrics.yaml"});
  CHECK(names_in(data + "/certs") == Names{"shop.key", "shop.pem"});
}

TEST_CASE("certificates have a folder only where there are some") {
  const TempFolder folder;
  REQUIRE(write_pipeline(folder.path(), spec("p"), {SidecarKind::lean, ""}, ports));
  CHECK(names_in(folder.path()) == Names{"logs", "pipelines"});
}

TEST_CASE("an api section of the pipeline's own is not written, and that is told") {
  const TempFolder folder;
  const auto written =
      write_pipeline(folder.path(), spec("p", "api: {enabled: true}\nsources: {}\n"), {SidecarKind::full, ""}, ports);
  REQUIRE(written);
  CHECK(written.value().own_api_taken_out);
  CHECK(content_of(folder / "pipelines/p.yaml") == "sources: {}\n");
}

TEST_CASE("what has not changed is not written again") {
  const TempFolder folder;
  PipelineSpec wanted = spec("p");
  wanted.certs = {{"c", "c"}};
  REQUIRE(write_pipeline(folder.path(), wanted, {SidecarKind::lean, ""}, ports));
  const auto inode = [&](const char* name) { return look_at(folder / name).st_ino; };
  const auto config = inode("pipelines/p.yaml");
  const auto sidecar = inode("pipelines/p.yaml.vf-metrics.yaml");
  const auto cert = inode("certs/c");
  REQUIRE(write_pipeline(folder.path(), wanted, {SidecarKind::lean, ""}, {8690, 8691}));
  CHECK(inode("pipelines/p.yaml") == config);
  CHECK(inode("certs/c") == cert);
  CHECK(inode("pipelines/p.yaml.vf-metrics.yaml") != sidecar);
}

TEST_CASE("what could not be written is told with its path") {
  const TempFolder folder;
  put(folder / "file", "");
  const auto below_a_file = write_pipeline(folder / "file", spec("p"), {SidecarKind::lean, ""}, ports);
  REQUIRE_FALSE(below_a_file);
  CHECK(below_a_file.error().message() ==
        "cannot create directory " + (folder / "file/pipelines") + ": Not a directory (errno 20)");
  PipelineSpec wanted = spec("p");
  wanted.certs = {{std::string(255, 'c'), "x"}};  // a legal name, but for the temporary one beside it
  const auto too_long = write_pipeline(folder.path(), wanted, {SidecarKind::lean, ""}, ports);
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().reason == "File name too long (errno 36)");
}

TEST_CASE("a pipeline's files go and everybody else's stay") {
  const TempFolder folder;
  for (const char* id : {"p", "p.yaml", "q"}) {
    PipelineSpec wanted = spec(id);
    wanted.certs = {{std::string(id) + ".pem", "x"}, {"shared.pem", "y"}};
    REQUIRE(write_pipeline(folder.path(), wanted, {SidecarKind::lean, ""}, ports));
    put(files_of(folder.path(), id).standard_output, "");
    put(files_of(folder.path(), id).standard_error, "");
  }
  CHECK(remove_pipeline(folder.path(), "p", {"p.pem"}).empty());
  CHECK(names_in(folder / "pipelines") ==
        Names{"p.yaml.yaml", "p.yaml.yaml.vf-metrics.yaml", "q.yaml", "q.yaml.vf-metrics.yaml"});
  CHECK(names_in(folder / "logs") == Names{"p.yaml.stderr", "p.yaml.stdout", "q.stderr", "q.stdout"});
  CHECK(names_in(folder / "certs") == Names{"p.yaml.pem", "q.pem", "shared.pem"});
  CHECK(remove_pipeline(folder.path(), "p", {"p.pem"}).empty());  // what is gone is no failure
}

TEST_CASE("what could not be removed is told, and the rest is removed") {
  const TempFolder folder;
  REQUIRE(write_pipeline(folder.path(), spec("p"), {SidecarKind::lean, ""}, ports));
  const PipelineFiles files = files_of(folder.path(), "p");
  REQUIRE(remove_file(files.config));
  std::filesystem::create_directory(files.config);
  const auto failures = remove_pipeline(folder.path(), "p", {});
  REQUIRE(failures.size() == 1);
  CHECK(failures[0] == "cannot remove " + files.config + ": Is a directory (errno 21)");
  CHECK_FALSE(is_there(files.sidecar));
}

TEST_CASE("leftovers of an earlier run go, and what is wanted stays") {
  const TempFolder folder;
  for (const char* id : {"p", "../q", "old", "kept"}) {
    PipelineSpec wanted = spec(id);
    wanted.certs = {{file_name_of(id) + ".pem", "x"}};
    REQUIRE(write_pipeline(folder.path(), wanted, {SidecarKind::lean, ""}, ports));
    put(files_of(folder.path(), id).standard_output, "said");
    put(files_of(folder.path(), id).standard_error, "said");
  }
  put(folder / "pipelines/old.yaml.new", "half");
  put(folder / "certs/half.pem.new", "half");
  put(folder / "node-token", "the agent's own");
  std::filesystem::create_directory(folder / "pipelines/somebody's");
  REQUIRE(::symlink("loop", (folder / "pipelines/loop").c_str()) == 0);
  REQUIRE(::symlink("/", (folder / "logs/root").c_str()) == 0);
  REQUIRE(::symlink("nothing", (folder / "certs/dangling").c_str()) == 0);

  CHECK(remove_leftovers(folder.path(), {"p", "../q", "kept"}, {"p.pem", "%2e.%2fq.pem"}).empty());
  CHECK(names_in(folder / "pipelines") == Names{"%2e.%2fq.yaml", "%2e.%2fq.yaml.vf-metrics.yaml", "kept.yaml",
                                                "kept.yaml.vf-metrics.yaml", "p.yaml", "p.yaml.vf-metrics.yaml",
                                                "somebody's"});
  CHECK(names_in(folder / "logs") ==
        Names{"%2e.%2fq.stderr", "%2e.%2fq.stdout", "kept.stderr", "kept.stdout", "p.stderr", "p.stdout"});
  CHECK(names_in(folder / "certs") == Names{"%2e.%2fq.pem", "p.pem"});
  CHECK(content_of(folder / "node-token") == "the agent's own");
  CHECK(is_there("/etc"));
}

TEST_CASE("a write under way for a wanted pipeline is no leftover") {
  const TempFolder folder;
  REQUIRE(write_pipeline(folder.path(), spec("p"), {SidecarKind::lean, ""}, ports));
  std::filesystem::create_directory(folder / "certs");
  for (const char* name : {"pipelines/p.yaml.new", "pipelines/p.yaml.vf-metrics.yaml.new", "certs/p.pem.new"})
    put(folder / name, "half");
  CHECK(remove_leftovers(folder.path(), {"p"}, {"p.pem"}).empty());
  for (const char* name : {"pipelines/p.yaml.new", "pipelines/p.yaml.vf-metrics.yaml.new", "certs/p.pem.new"})
    CHECK(is_there(folder / name));
}

TEST_CASE("where nothing was ever written there are no leftovers") {
  const TempFolder folder;
  CHECK(remove_leftovers(folder / "none", {}, {}).empty());
  CHECK(remove_leftovers(folder.path(), {"p"}, {}).empty());
}
