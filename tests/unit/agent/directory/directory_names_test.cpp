#include "agent/control/directory/directory_names.h"

#include <catch2/catch.hpp>
#include <string>

using namespace vf::agent;
using Catch::Matchers::Contains;

TEST_CASE("NAME.yaml is a pipeline and NAME.env its secrets") {
  CHECK(classify("web.yaml").kind == NameKind::pipeline);
  CHECK(classify("web.yaml").pipeline == "web");
  CHECK(classify("a.b_C-9.yaml").pipeline == "a.b_C-9");
  CHECK(classify("-.yaml").pipeline == "-");
  CHECK(classify("web.env").kind == NameKind::secrets);
  CHECK(classify("web.env").pipeline == "web");
}

TEST_CASE("what editors and kubelet leave behind is ignored") {
  for (const char* name : {".web.yaml.swp",
                           ".web.yaml.swx",
                           "web.yaml~",
                           "4913",
                           "#web.yaml#",
                           "#web.yaml",
                           ".#web.yaml",
                           "web.yaml.tmp",
                           "web.yaml.bak",
                           "web.yaml.orig",
                           "~web.yaml",
                           "web.swp",
                           ".web.yaml.un~",
                           "sedXf3aB1",
                           "web.yaml___jb_tmp___",
                           "..data",
                           "..2026_01_01_00_00_00.1",
                           ".yaml",
                           ".env",
                           ".hidden.yaml",
                           "README.md",
                           "web",
                           "",
                           ".",
                           ".."}) {
    CAPTURE(name);
    CHECK(classify(name).kind == NameKind::ignored);
  }
}

TEST_CASE("a name that was most likely meant for us is told what to change") {
  CHECK(classify("web.yml").kind == NameKind::misspelled);
  CHECK(classify("web.yml").hint == "rename it to web.yaml");
  CHECK(classify("web.YAML").hint == "rename it to web.yaml");
  CHECK(classify("web.Env").hint == "rename it to web.env");
  for (const std::string name : {"my web.yaml",
                                 "w\xc3\xa9"
                                 "b.yaml",
                                 "a:b.yaml", "a\nb.env", "a~.yaml"}) {
    CAPTURE(name);
    CHECK(classify(name).kind == NameKind::misspelled);
    CHECK_THAT(classify(name).hint, Contains("letters, digits"));
  }
  CHECK(classify(std::string(200, 'x') + ".yaml").kind == NameKind::pipeline);
  CHECK_THAT(classify(std::string(201, 'x') + ".yaml").hint, Contains("at most 200"));
}

TEST_CASE("a change matters where its name does, and where kubelet swaps a volume") {
  CHECK(is_of_interest("web.yaml"));
  CHECK(is_of_interest("web.env"));
  CHECK(is_of_interest("web.yml"));
  CHECK(is_of_interest("..data"));
  CHECK_FALSE(is_of_interest(".web.yaml.swp"));
  CHECK_FALSE(is_of_interest("agent.log"));
  CHECK_FALSE(is_of_interest(""));
}
