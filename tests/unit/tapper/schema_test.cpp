#include "tapper/schema.h"

#include <catch2/catch.hpp>

namespace vf::tapper {

using Fields = std::vector<SchemaField>;

TEST_CASE("each kind of value has its type and its sample, keys sorted within each object") {
  CHECK(
      schema_of(
          {R"({"z":"text","a":{"y":[1,2,3],"b":true},"n":null,"i":14636,"u":18446744073709551615,"d":0.25,"e":[]})"}) ==
      Fields{{".a", "object", ""},
             {".a.b", "boolean", "true"},
             {".a.y", "array", "[3 items]"},
             {".d", "float", "0.25"},
             {".e", "array", "[0 items]"},
             {".i", "float", "14636"},
             {".n", "null", "null"},
             {".u", "float", "18446744073709551615"},
             {".z", "string", "text"}});
}

TEST_CASE("it is the union by path, and the first sample wins") {
  CHECK(schema_of({R"({"a":1})", R"({"a":"two","b":2})", "not json", "[1]", R"({"c":3})"}) ==
        Fields{{".a", "float", "1"}, {".b", "float", "2"}, {".c", "float", "3"}});
  CHECK(schema_of({}).empty());
}

TEST_CASE("a sample is 64 bytes at most, cut between two characters") {
  const std::string exactly(64, 'x');
  CHECK(schema_of({R"({"a":")" + exactly + R"("})"})[0].sample == exactly);
  CHECK(schema_of({R"({"a":")" + exactly + R"(y"})"})[0].sample == exactly + "...");
  CHECK(schema_of({R"({"a":")" + std::string(63, 'x') + R"(ä"})"})[0].sample == std::string(63, 'x') + "...");
  CHECK(schema_of({R"({"a":")" + std::string(62, 'x') + R"(日本"})"})[0].sample == std::string(62, 'x') + "...");
}

TEST_CASE("fields are told ten levels deep and no deeper") {
  std::string event = "1";
  for (int i = 12; i >= 1; --i) event = "{\"k" + std::to_string(i) + "\":" + event + "}";
  const Fields fields = schema_of({event});
  REQUIRE(fields.size() == 10);
  CHECK(fields.back().path == ".k1.k2.k3.k4.k5.k6.k7.k8.k9.k10");
}

TEST_CASE("an event of thousands of fields does not make a post that nobody takes") {
  std::string event = "{\"a0\":1";
  for (int i = 1; i < 5000; ++i) event += ",\"a" + std::to_string(i) + "\":1";
  CHECK(schema_of({event + "}"}).size() == most_fields);
}

TEST_CASE("a long key with many members below it does not make a schema of hundreds of megabytes") {
  const auto bytes_of = [](const Fields& fields) {
    std::size_t bytes = 0;
    for (const SchemaField& field : fields) bytes += field.path.size() + field.sample.size();
    return bytes;
  };
  std::string members = "\"a0\":1";
  for (int i = 1; i < 1500; ++i) members += ",\"a" + std::to_string(i) + "\":1";
  for (const std::size_t length : {1000U, 50'000U, 200'000U}) {
    const std::string event = "{\"" + std::string(length, 'k') + "\":{" + members + "},\"last\":1}";
    const Fields fields = schema_of({event});
    CHECK(bytes_of(fields) <= most_schema_bytes);
    CHECK((length < 10'000 || fields.back().path == ".last"));  // what is short has its place all the same
  }
}

}  // namespace vf::tapper
