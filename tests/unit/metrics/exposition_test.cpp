#include "metrics/exposition.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/metrics/generated_exposition.h"

namespace vf::metrics {
namespace {

struct Read {
  std::vector<Sample> samples;
  std::size_t malformed = 0;
};

Read read_all(std::string_view text) {
  Read read;
  ExpositionReader reader(text);
  while (reader.next()) {
    if (const auto sample = reader.sample()) read.samples.push_back(*sample);
  }
  read.malformed = reader.malformed();
  return read;
}

double value_of(const std::string& written) {
  const std::string text = "x " + written + "\n";
  const Read read = read_all(text);
  REQUIRE(read.samples.size() == 1);
  return read.samples[0].value;
}

std::string label_of(const std::string& block, std::string_view name) {
  const std::string text = "x{" + block + "} 1\n";
  const Read read = read_all(text);
  REQUIRE(read.samples.size() == 1);
  std::string scratch;
  return std::string(read.samples[0].labels.find(name, scratch).value_or("<absent>"));
}

TEST_CASE("a sample yields its name, labels and value, and its timestamp is ignored") {
  const std::string text = "vector_sent_total{a=\"1\",b=\"two\"} 42 1795253270546\n";
  const Read read = read_all(text);
  REQUIRE(read.samples.size() == 1);
  CHECK(read.samples[0].name == "vector_sent_total");
  CHECK(read.samples[0].labels.raw() == "a=\"1\",b=\"two\"");
  CHECK(read.samples[0].value == 42);
  CHECK(read.malformed == 0);
}

TEST_CASE("a sample without labels has none and is whole") {
  const Read read = read_all("up 1\nempty{} 2\n");
  REQUIRE(read.samples.size() == 2);
  std::string scratch;
  CHECK_FALSE(read.samples[0].labels.find("a", scratch));
  CHECK_FALSE(read.samples[1].labels.find("a", scratch));
  CHECK(read.samples[1].value == 2);
}

TEST_CASE("comments and blank lines are neither samples nor malformed") {
  const Read read = read_all("# HELP x y\n#\n\n   \n\t\nx 1\n# EOF\n# last comment without newline");
  CHECK(read.samples.size() == 1);
  CHECK(read.malformed == 0);
}

TEST_CASE("every way to write a number is read") {
  CHECK(value_of("0") == 0);
  CHECK(value_of("-1.5") == -1.5);
  CHECK(value_of("+3") == 3);
  CHECK(value_of("1e3") == 1000);
  CHECK(value_of("1.5E-3") == 0.0015);
  CHECK(value_of("0.000057232723108112786") == 0.000057232723108112786);
  CHECK(value_of("+Inf") == std::numeric_limits<double>::infinity());
  CHECK(value_of("Inf") == std::numeric_limits<double>::infinity());
  CHECK(value_of("-Inf") == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(value_of("NaN")));
}

TEST_CASE("blanks are allowed wherever the format allows them") {
  const Read read = read_all(" \tx \t{ a = \"1\" , b\t=\"2\" , }\t 7 \t 12 \t\ny{a=\"1\"}8\nz\t9\n");
  REQUIRE(read.samples.size() == 3);
  CHECK(read.samples[0].name == "x");
  CHECK(read.samples[0].value == 7);
  CHECK(read.samples[1].value == 8);
  CHECK(read.samples[2].name == "z");
  CHECK(read.samples[2].value == 9);
  CHECK(read.malformed == 0);
}

TEST_CASE("lines may end in CR LF") {
  const Read read = read_all("# TYPE x counter\r\nx{a=\"1\"} 5\r\n\r\ny 6 123\r\n");
  REQUIRE(read.samples.size() == 2);
  CHECK(read.samples[0].value == 5);
  CHECK(read.samples[1].value == 6);
  CHECK(read.malformed == 0);
}

TEST_CASE("a malformed line is counted and costs its neighbours nothing") {
  for (const std::string bad : {
           "{a=\"1\"} 1",     // no name
           "9lives 1",        // a name cannot start with a digit
           "bad-name 1",      //
           "x",               // no value
           "x{a=\"1\"}",      //
           "x one",           //
           "x 0x10",          //
           "x +-1",           //
           "x + 1",           //
           "x 1e999",         // beyond a double
           "x 1 soon",        // a timestamp that is none
           "x 1 2 3",         //
           "x{a=\"1\" 1",     // never closed
           "x{",              //
           "x{a=\"1\"",       //
           "x{a=\"1\",",      //
           "x{a=\"1} 1",      //
           "x{a=\"1\\\"} 1",  // the closing quote is escaped
           "x{a=1} 1",        //
           "x{a} 1",          //
           "x{=\"1\"} 1",     //
           "x{,} 1",          //
           "x{1a=\"1\"} 1",   //
           "x{a-b=\"1\"} 1",  //
           "x{a=\"1\"b=\"2\"} 1",
           "x{a=\"1\",,b=\"2\"} 1",
           "x{a=\"1\"}} 1",
       }) {
    INFO(bad);
    const Read read = read_all("before 1\n" + bad + "\nafter 2\n");
    CHECK(read.malformed == 1);
    REQUIRE(read.samples.size() == 2);
    CHECK(read.samples[0].value == 1);
    CHECK(read.samples[1].value == 2);
  }
}

TEST_CASE("a line that breaks off does not go on in the next one") {
  for (const std::string start : {"x{", "x{a=\"1\"", "x{a=\"1\",", "x{a=\"", "x{a=", "x"}) {
    INFO(start);
    const Read read = read_all(start + "\n5 5\n} 5\n\"} 5\n");
    CHECK(read.samples.empty());
    CHECK(read.malformed == 4);
  }
}

TEST_CASE("a last line without its newline is not taken for a whole one") {
  const Read read = read_all("x 1234\ny 12");
  CHECK(read.samples.size() == 1);
  CHECK(read.malformed == 1);
}

TEST_CASE("a line that nobody asks for is not looked into") {
  ExpositionReader reader("x{this is no label block} neither a number\n");
  CHECK(reader.next());
  CHECK(reader.name() == "x");
  CHECK_FALSE(reader.next());
  CHECK(reader.malformed() == 0);
}

TEST_CASE("a label is found by its whole name only, wherever it stands") {
  CHECK(label_of(R"(component_id="a",id="b",component="c")", "id") == "b");
  CHECK(label_of(R"(component_id="a",id="b",component="c")", "component") == "c");
  CHECK(label_of(R"(component_id="a")", "component") == "<absent>");
  CHECK(label_of(R"(a="id=\"x\"",id="y")", "id") == "y");
  CHECK(label_of(R"(a="")", "a").empty());
}

TEST_CASE("braces, commas and equal signs inside a value are part of it") {
  CHECK(label_of(R"(a="}",b="{x},y=\"z\"",c="#")", "b") == R"({x},y="z")");
  CHECK(label_of(R"(a="}",b="{x},y=z",c="# 1")", "c") == "# 1");
}

TEST_CASE("values are unescaped, and an unknown escape stays as written") {
  CHECK(label_of(R"(a="C:\\dir\\")", "a") == R"(C:\dir\)");
  CHECK(label_of(R"(a="say \"hi\"")", "a") == R"(say "hi")");
  CHECK(label_of(R"(a="two\nlines")", "a") == "two\nlines");
  CHECK(label_of(R"(a="\\n")", "a") == R"(\n)");
  CHECK(label_of(R"(a="\t\q")", "a") == R"(\t\q)");
}

TEST_CASE("a value without escapes is a view into the exposition, not a copy") {
  const std::string text = "x{a=\"plain value, longer than any small string\"} 1\n";
  const Read read = read_all(text);
  REQUIRE(read.samples.size() == 1);
  std::string scratch;
  const auto value = read.samples[0].labels.find("a", scratch);
  REQUIRE(value);
  CHECK(value->data() >= text.data());
  CHECK(value->data() + value->size() <= text.data() + text.size());
  CHECK(scratch.empty());
}

TEST_CASE("labels can be walked one by one, as written") {
  const Read read = read_all("x{a=\"1\\n\",b=\"2\",} 1\n");
  REQUIRE(read.samples.size() == 1);
  std::vector<std::pair<std::string, std::string>> seen;
  LabelBlock labels = read.samples[0].labels;
  for (Label label; labels.next(label);) seen.emplace_back(label.name, label.raw_value);
  CHECK(seen == std::vector<std::pair<std::string, std::string>>{{"a", "1\\n"}, {"b", "2"}});
}

TEST_CASE("no text, however it is cut off, is read beyond its end") {
  const std::string whole =
      "# HELP x y\nx{a=\"1\\\\\",b=\"\\\"}\",} +Inf 123\r\ny{} NaN\nz 1e3\n{ \nx{a=\"\n\\\n9 9 9 9\n";
  for (std::size_t start = 0; start < whole.size(); ++start) {
    for (std::size_t length = 0; length <= whole.size() - start; ++length) {
      // An exact heap block of its own: the address sanitizer sees a read of the byte behind it.
      const std::unique_ptr<char[]> block(new char[length]);
      whole.copy(block.get(), length, start);
      const Read read = read_all({block.get(), length});
      std::string scratch;
      for (const Sample& sample : read.samples) (void)sample.labels.find("b", scratch);
    }
  }
}

TEST_CASE("every sample of a big exposition is seen once") {
  const auto generated = test::generate_exposition();
  CHECK(generated.text.size() >= 94'000);
  const Read read = read_all(generated.text);
  CHECK(read.samples.size() == generated.samples);
  CHECK(read.malformed == 0);
}

}  // namespace
}  // namespace vf::metrics
