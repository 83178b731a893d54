#include "supervisor/own_api.h"

#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <string>

using vf::supervisor::without_own_api;

namespace {

struct Row {
  const char* what;
  std::string yaml;
  std::string expected;
};

void check(const Row& row) {
  INFO(row.what << ":\n" << row.yaml);
  const auto left = without_own_api(row.yaml);
  REQUIRE(left);
  CHECK(*left == row.expected);
  CHECK_FALSE(without_own_api(*left));  // nothing is left to take out
}

void check_untouched(const Row& row) {
  INFO(row.what << ":\n" << row.yaml);
  CHECK_FALSE(without_own_api(row.yaml));
}

}  // namespace

TEST_CASE("a comma behind the whole text is nothing to take a section out of, and does not last for ever") {
  CHECK_FALSE(without_own_api("{\"api\": {\"enabled\": true}},"));
  CHECK_FALSE(without_own_api(",api: 1"));
}

TEST_CASE("a block api section is taken out wherever it stands, and every other byte stays") {
  const std::string api = "api:\n  enabled: true\n  address: \"0.0.0.0:8686\"\n  playground: true\n";
  const std::string sources = "sources:\n  in:   {type: demo_logs}   # spaces stay\n";
  const std::string sinks = "sinks:\n  out:\n    type: blackhole\n    inputs: [in]\n";
  const Row rows[] = {
      {"first", api + sources + sinks, sources + sinks},
      {"middle", sources + api + sinks, sources + sinks},
      {"last", sources + sinks + api, sources + sinks},
      {"only", api, ""},
      {"last without a newline", sources + "api:\n  enabled: true", sources},
      {"on one line", sources + "api: {enabled: true, address: \"127.0.0.1:8686\"}\n" + sinks, sources + sinks},
      {"empty", "api:\n" + sources, sources},
      {"after a document start", "---\n" + api + sources, "---\n" + sources},
      {"quoted", "\"api\":\n  enabled: true\n" + sources, sources},
      {"quoted otherwise", "'api': {enabled: true}\n" + sources, sources},
      {"with a space before the colon", "api :\n  enabled: true\n" + sources, sources},
      {"CRLF, middle", "sources: {}\r\napi:\r\n  enabled: true\r\nsinks: {}\r\n", "sources: {}\r\nsinks: {}\r\n"},
      {"CRLF, last", "sources: {}\r\napi:\r\n  enabled: true\r\n", "sources: {}\r\n"},
      {"as a block scalar", "api: |\n  a\n\n  b\nsources: {}\n", "sources: {}\n"},
      {"in an indented map", "  sources: {}\n  api:\n    enabled: true\n  sinks: {}\n", "  sources: {}\n  sinks: {}\n"},
      {"in an indented map, last", "  sources: {}\n  api:\n    enabled: true\n", "  sources: {}\n"},
      {"as a list that is not indented", "api:\n- a\n- b\nsources: {}\n", "sources: {}\n"},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("comments and blank lines of the others stay with them") {
  const Row rows[] = {
      {"before, inside and behind",
       "# head\nsources: {} # s\n\n# about the api\napi: # a\n  # in\n  enabled: true\n\n# about sinks\nsinks: {}\n",
       "# head\nsources: {} # s\n\n# about the api\n\n# about sinks\nsinks: {}\n"},
      {"behind the last", "sources: {}\napi:\n  enabled: true\n# vim: ft=yaml\n", "sources: {}\n# vim: ft=yaml\n"},
      {"a comment that names it", "# api: here\nsources: {}\napi: {}\nsinks: {}\n",
       "# api: here\nsources: {}\nsinks: {}\n"},
      {"a document end", "sources: {}\napi: {}\n...\n", "sources: {}\n...\n"},
      {"comments with CRLF", "api: {}\r\n\r\n# c\r\nsinks: {}\r\n", "\r\n# c\r\nsinks: {}\r\n"},
      {"a hash in a block scalar", "api:\n  note: |\n    a\n    # no comment\nsinks: {}\n", "sinks: {}\n"},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("flow style and JSON lose their api member and its comma") {
  const Row rows[] = {
      {"first", R"({"api": {"enabled": true}, "sources": {}})", R"({"sources": {}})"},
      {"middle", R"({"sources": {}, "api": {"enabled": true, "address": "127.0.0.1:8686"}, "sinks": {}})",
       R"({"sources": {}, "sinks": {}})"},
      {"last", R"({"sources": {}, "api": {"enabled": true}})", R"({"sources": {}})"},
      {"only", R"({"api": {"enabled": true}})", "{}"},
      {"over lines, last", "{\n  \"sources\": {},\n  \"api\": {\n    \"enabled\": true\n  }\n}\n",
       "{\n  \"sources\": {}\n}\n"},
      {"over lines with a comma, last", "{\n  \"sources\": {},\n  \"api\": {},\n}\n", "{\n  \"sources\": {}\n}\n"},
      {"with braces and commas in strings", R"({"a": "},{", 'b': 'it''s, }', "api": {"x": "\"}, {"}})",
       R"({"a": "},{", 'b': 'it''s, }'})"},
      {"with a plain apostrophe", "{a: it's, b: isn't, api: {x: can't}}", "{a: it's, b: isn't}"},
      {"with a comment in it", "{sources: {}, # one, {\n api: {} # two }\n}\n", "{sources: {}\n}\n"},
      {"over lines, middle", "{\n  \"sources\": {},\n  \"api\": {\n    \"enabled\": true\n  },\n  \"sinks\": {}\n}\n",
       "{\n  \"sources\": {},\n  \"sinks\": {}\n}\n"},
      {"with plain keys", "{sources: {}, api: {enabled: true}}\n", "{sources: {}}\n"},
      {"with a comma behind the last", "{sources: {}, api: {enabled: true},}\n", "{sources: {}}\n"},
      {"behind a comment with a comma", "# one, two\n{api: {enabled: true}}\n", "# one, two\n{}\n"},
      {"first behind a comment with a comma", "# one, two\n{api: {enabled: true}, sources: {}}\n",
       "# one, two\n{sources: {}}\n"},
      {"before a comment with a brace", "{sources: {}, api: {enabled: true}} # {}\n", "{sources: {}} # {}\n"},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("characters of several bytes before the section do not shift the cut") {
  // yaml-cpp's marks count bytes of the text as UTF-8, and do not count a byte order mark.
  const std::string words[] = {"ü", "日本語", "😀", "é̂", "\xC2\xA0"};
  for (const std::string& word : words) {
    for (int many = 1; many < 6; ++many) {
      std::string text;
      for (int i = 0; i < many; ++i) text += word;
      const std::string head = "# " + text + "\nsources:\n  in: {type: demo_logs, lines: [\"" + text + "\"]}\n";
      const std::string tail = "sinks:\n  " + text + ": {type: blackhole, inputs: [in]}\n";
      check({"block", head + "api: {enabled: true} # " + text + "\n" + tail, head + tail});
      check({"flow", "{a: \"" + text + "\", api: {x: \"" + text + "\"}, b: \"" + text + "\"}",
             "{a: \"" + text + "\", b: \"" + text + "\"}"});
    }
  }
}

TEST_CASE("a byte order mark stays, and does not shift the cut") {
  const std::string mark = "\xEF\xBB\xBF";
  check({"first", mark + "api: {}\nsources: {}\n", mark + "sources: {}\n"});
  check({"middle", mark + "sources: {}\napi:\n  enabled: true\nsinks: {}\n", mark + "sources: {}\nsinks: {}\n"});
  check({"last", mark + "sources: {}\napi:\n  enabled: true\n", mark + "sources: {}\n"});
  check({"flow", mark + "{\"sources\": {}, \"api\": {}, \"sinks\": {}}", mark + "{\"sources\": {}, \"sinks\": {}}"});
}

TEST_CASE("a reference stands where YAML has no place for braces, and stays") {
  check({"block", "data_dir: ${DIR}\nsources: {in: {port: ${PORT}}}\napi: {enabled: ${YES}}\nsinks: {}\n",
         "data_dir: ${DIR}\nsources: {in: {port: ${PORT}}}\nsinks: {}\n"});
  check({"flow", "{a: ${A}, api: {b: ${B:-x, y}}, c: ${C}}", "{a: ${A}, c: ${C}}"});
  check({"flow, last", "{a: ${A}, api: {b: ${B}}}", "{a: ${A}}"});
  check_untouched({"as the key", "${api}: {}\nsources: {}\n", ""});
}

TEST_CASE("only a top-level key named api is a section") {
  const Row rows[] = {
      {"none", "sources: {}\n", ""},
      {"empty", "", ""},
      {"deeper", "sources:\n  in:\n    type: http_client\n    api:\n      enabled: true\n", ""},
      {"a component named api", "transforms:\n  api: {type: remap, inputs: [in], source: \".\"}\n", ""},
      {"a longer key", "api_key: x\nmy_api: y\napis: z\n", ""},
      {"a value", "name: api\nlist: [api, 'api: x']\n", ""},
      {"in a comment", "# api: {enabled: true}\nsources: {}\n", ""},
      {"in a block scalar", "source: |\n  api:\n    enabled: true\nsinks: {}\n", ""},
      {"in a string over lines", "source: \"a\n  api: b\n  c\"\n", ""},
      {"another case", "API: {}\n", ""},
      {"a list", "- api: {}\n", ""},
      {"a scalar", "api", ""},
  };
  for (const Row& row : rows) check_untouched(row);
  check({"deeper and at the top", "sources:\n  in:\n    api: {a: 1}\napi: {}\nsinks:\n  out:\n    api: {b: 2}\n",
         "sources:\n  in:\n    api: {a: 1}\nsinks:\n  out:\n    api: {b: 2}\n"});
}

TEST_CASE("what is not one YAML map is left to Vector, which says why in its own words") {
  const Row rows[] = {
      {"not closed", "api: {enabled: true\nsources: {}\n", ""},
      {"tabs", "api:\n\tenabled: true\n", ""},
      {"two of them", "api: {}\nsources: {}\napi: {}\n", ""},
      {"two documents", "api: {}\n---\nsources: {}\n", ""},
      {"two documents, last", "sources: {}\napi: {}\n---\nsinks: {}\n", ""},
      {"an anchor that others use", "api: &a {enabled: true}\nsources: *a\n", ""},
      {"an anchor set anew", "data_dir: &a /x\napi: {address: &a /y}\nlog: *a\n", ""},
      {"TOML", "[api]\nenabled = true\n", ""},
      {"binary", std::string("api\0\xff\xfe: {}", 11), ""},
      {"very deep", "api: " + std::string(20000, '['), ""},
  };
  for (const Row& row : rows) check_untouched(row);
}

TEST_CASE("an anchor of the section's own goes with it") {
  check({"own", "api: {a: &x 1, b: *x}\nsources: {}\n", "sources: {}\n"});
  check({"used by the section", "data_dir: &d /x\napi: {a: *d}\nsources: {b: *d}\n",
         "data_dir: &d /x\nsources: {b: *d}\n"});
}

TEST_CASE("whatever is cut, the other sections mean what they meant") {
  const std::string others[] = {"sources: {in: {type: demo_logs}}\n",
                                "sinks:\n  out:\n    type: console\n",
                                "enrichment_tables:\n  t: {type: file}\n",
                                "data_dir: /var/lib/vector\n",
                                "timezone: 'Europe/Berlin'\n",
                                "tests:\n- name: one\n- name: two\n"};
  const std::string apis[] = {"api:\n  enabled: true\n",
                              "api: {enabled: true}\n",
                              "api:\n  # c\n  address: a\n\n",
                              "\"api\":\n\n  enabled: false\n",
                              "api: null\n",
                              "api:\n- x\n"};
  for (const std::string& api : apis) {
    for (std::size_t place = 0; place <= std::size(others); ++place) {
      std::string with, without;
      for (std::size_t i = 0; i <= std::size(others); ++i) {
        if (i == place) with += api;
        if (i == std::size(others)) continue;
        with += others[i];
        without += others[i];
      }
      INFO(with);
      const auto left = without_own_api(with);
      REQUIRE(left);
      CHECK(YAML::Dump(YAML::Load(*left)) == YAML::Dump(YAML::Load(without)));
    }
  }
}
