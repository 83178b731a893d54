#include "supervisor/resource_limits.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace vf::supervisor;

TEST_CASE("a size of memory is read with the units that people use, which all count by 1024") {
  constexpr std::uint64_t mebi = 1024 * 1024;
  const std::vector<std::pair<std::string, std::uint64_t>> rows = {
      {"512Mi", 512 * mebi},          {"512M", 512 * mebi},    {"512MiB", 512 * mebi},
      {"512MB", 512 * mebi},          {"512m", 512 * mebi},    {"536870912", 512 * mebi},
      {"536870912B", 512 * mebi},     {"524288k", 512 * mebi}, {"524288Ki", 512 * mebi},
      {"0.5G", 512 * mebi},           {"1G", 1024 * mebi},     {"1.5Gi", 1536 * mebi},
      {"2T", 2 * 1024 * 1024 * mebi}, {"16M", 16 * mebi},      {"1024T", 1024 * 1024 * 1024 * mebi}};
  for (const auto& [text, bytes] : rows) {
    INFO(text);
    const auto read = parse_memory_size(text);
    REQUIRE(read);
    CHECK(read.value() == bytes);
  }
}

TEST_CASE("what is no size of memory is refused in words") {
  const std::vector<std::pair<std::string, std::string>> rows = {{"", "not a number"},
                                                                 {"M", "not a number"},
                                                                 {"-1G", "not a number"},
                                                                 {"+1G", "not a number"},
                                                                 {".5G", "not a number"},
                                                                 {"1.G", "not a number"},
                                                                 {" 1G", "not a number"},
                                                                 {"max", "not a number"},
                                                                 {"1 G", "\" G\" is no unit"},
                                                                 {"1.5.5G", "is no unit"},
                                                                 {"1e9", "\"e9\" is no unit"},
                                                                 {"512MiBs", "is no unit"},
                                                                 {"50%", "\"%\" is no unit"},
                                                                 {"1P", "is no unit"},
                                                                 {"0", "less than 16 MiB"},
                                                                 {"512", "less than 16 MiB"},
                                                                 {"16777215", "leave it unset"},
                                                                 {"1025T", "more than 1024 TiB"},
                                                                 {std::string(29, '9'), "more than"},
                                                                 {std::string(3000, '9'), "not a number"}};
  for (const auto& [text, words] : rows) {
    INFO(text);
    const auto read = parse_memory_size(text);
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().message(), Catch::Contains(words));
  }
}

TEST_CASE("a share of the CPUs is read as a number, in thousandths or in percent") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"0.5", "50000 100000"},      {"500m", "50000 100000"},      {"50%", "50000 100000"}, {"250m", "25000 100000"},
      {"2", "200000 100000"},       {"150%", "150000 100000"},     {"0.01", "1000 100000"}, {"10m", "1000 100000"},
      {"1%", "1000 100000"},        {"0.1", "10000 100000"},       {"0.3", "30000 100000"}, {"1.15", "115000 100000"},
      {"0.333333", "33333 100000"}, {"10000", "1000000000 100000"}};
  for (const auto& [text, content] : rows) {
    INFO(text);
    const auto read = parse_cpu(text);
    REQUIRE(read);
    CHECK(cpu_max(read.value()) == content);
  }
}

TEST_CASE("what is no share of the CPUs is refused in words") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "not a number"},     {"half", "not a number"}, {"-1", "not a number"},  {"1,5", "is no unit"},
      {"2 CPUs", "is no unit"}, {"100M", "is no unit"},   {"0", "leave it unset"}, {"9m", "less than 0.01"},
      {"0.009", "less than"},   {"10001", "more than"}};
  for (const auto& [text, words] : rows) {
    INFO(text);
    const auto read = parse_cpu(text);
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().message(), Catch::Contains(words));
  }
}

TEST_CASE("a size is said in the largest unit that fits without a fraction") {
  CHECK(in_words_bytes(536870912) == "512 MiB");
  CHECK(in_words_bytes(1073741824) == "1 GiB");
  CHECK(in_words_bytes(1610612736) == "1536 MiB");
  CHECK(in_words_bytes(1099511627776) == "1 TiB");
  CHECK(in_words_bytes(16778240) == "16385 KiB");
  CHECK(in_words_bytes(16777217) == "16777217 bytes");
  CHECK(in_words_bytes(0) == "0 bytes");
}
