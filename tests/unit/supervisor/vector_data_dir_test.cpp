#include "supervisor/vector_data_dir.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace vf::supervisor;

namespace {

const std::string root = "/var/lib/vector";

}  // namespace

TEST_CASE("a data_dir that the YAML names is found however it is written") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"data_dir: /srv/one\nsources: {}\n", "/srv/one"},
      {"sources: {}\ndata_dir: \"/srv/one\"\n", "/srv/one"},
      {"data_dir: '/srv/it''s'\n", "/srv/it's"},
      {"\"data_dir\" : /srv/one   # a comment\n", "/srv/one"},
      {"{data_dir: /srv/one, sources: {}}\n", "/srv/one"},
      {"{\"sources\": {}, \"data_dir\": \"/srv/one\"}", "/srv/one"},
      {"---\ndata_dir: /srv/one\n", "/srv/one"},
      {"\xEF\xBB\xBF"
       "data_dir: ${HERE}/one\n",
       "${HERE}/one"},
      {"sources: {in: {type: demo_logs, interval: ${EACH}}}\ndata_dir: ${VECTOR_DATA}\n", "${VECTOR_DATA}"},
      {"{\"data_dir\": \"${VECTOR_DATA:-/srv}/one\"}", "${VECTOR_DATA:-/srv}/one"},
      {"data_dir: \"\"\n", ""},
      {"data_dir: >-\n  /srv/one\n", "/srv/one"}};
  for (const auto& [yaml, expected] : rows) {
    INFO(yaml);
    const auto named = named_data_dir(yaml);
    REQUIRE(named);
    CHECK(*named == expected);
  }
}

TEST_CASE("no data_dir is found where the YAML names none of its own") {
  for (const std::string yaml :
       {"", "sources: {}\n", "data_dir:\n", "data_dir: ~\n", "data_dir: null\nsources: {}\n",
        "sources:\n  in:\n    type: file\n    data_dir: /srv/in\n", "# data_dir: /srv/one\nsources: {}\n",
        "transforms: {t: {source: \".data_dir = 1\"}}\n", "- data_dir: /srv/one\n", "data_dir: [/srv/one]\n",
        "data_dir: /srv/one\n---\ndata_dir: /srv/two\n", "data_dir: /srv/one\n  sources: {\n", "\tdata_dir: /srv\n"}) {
    INFO(yaml);
    CHECK_FALSE(named_data_dir(yaml));
  }
}

TEST_CASE("each pipeline has a data_dir of its own that no component's can be") {
  CHECK(own_data_dir(root, "shop") == "/var/lib/vector/pipelines/shop");
  CHECK(own_data_dir("/srv/vector/", "shop") == "/srv/vector/pipelines/shop");
  CHECK(own_data_dir(root, "../x") == "/var/lib/vector/pipelines/%2e.%2fx");
  CHECK(own_data_dir(root, "a") != own_data_dir(root, "A"));
}

TEST_CASE("what Vector leaves is the folder of each source and the disk buffer of each sink") {
  const Places expected = {"in", "journal", "buffer/v2/out", "buffer/v2/in2"};
  CHECK(places_left("sources:\n  in: {type: file}\n  journal:\n    type: journald\n"
                    "transforms:\n  t: {type: remap}\n"
                    "enrichment_tables:\n  e: {type: file}\n"
                    "sinks:\n  out: {type: http, buffer: {type: disk}}\n  in2:\n    type: blackhole\n") == expected);
  CHECK(places_left(R"({"sources": {"in": {}, "journal": {}}, "sinks": {"out": {}, "in2": {}}})") == expected);
  CHECK(places_left("sources: {in: {type: file, include: [\"${LOGS}\"]}, ${NAME}: {type: file}}\n") ==
        Places{"in", "${NAME}"});
}

TEST_CASE("state in a directory that the YAML names is nobody's to move") {
  CHECK(places_left("data_dir: /srv/one\nsources: {in: {type: file}}\nsinks: {out: {}}\n").empty());
  CHECK(places_left("data_dir: /var/lib/vector\nsources: {in: {type: file}}\n").empty());
  CHECK(places_left("sources: {in: {type: file, data_dir: /srv/in}, in2: {type: file}}\n") == Places{"in2"});
}

TEST_CASE("what is no pipeline's YAML left nothing") {
  for (const std::string yaml : {"", "- a\n", "sources: {\n", "just words", "sources: [in]\nsinks: word\n",
                                 "sources: {}\n---\nsources: {in: {}}\n", "sources: {? [a, b] : {}}\n"}) {
    INFO(yaml);
    CHECK(places_left(yaml).empty());
    CHECK(places_used(yaml, root).empty());
  }
}

TEST_CASE("a pipeline shares the common data_dir unless its YAML certainly names another") {
  const std::string components = "sources: {in: {type: file}}\nsinks: {out: {type: http}}\n";
  const Places both = {"in", "buffer/v2/out"};
  CHECK(places_used(components, root) == both);
  CHECK(places_used("data_dir: /var/lib/vector/\n" + components, root) == both);
  CHECK(places_used("data_dir: /var/lib/vector\n" + components, root + "/") == both);
  CHECK(places_used("data_dir: ${ANYWHERE}\n" + components, root) == both);
  CHECK(places_used("data_dir: /srv/one\n" + components, root).empty());
  const std::string own_source = "sources: {in: {type: file, data_dir: /var/lib/vector}}\nsinks: {out: {type: http}}\n";
  CHECK(places_used("data_dir: /srv/one\n" + own_source, root) == Places{"in"});
  CHECK(places_used("sources: {in: {type: file, data_dir: /srv/in}}\n", root).empty());
  CHECK(places_used("sources: {in: {type: file, data_dir: \"${X}\"}}\n", root) == Places{"in"});
}
