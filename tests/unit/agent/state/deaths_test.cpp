#include "agent/state/deaths.h"

#include <catch2/catch.hpp>

namespace vf::agent::state {
namespace {

Death death(std::int64_t number) {
  return {"clx" + std::to_string(number), "Name \xC3\xA4", 1'790'000'000 + number,
          "killed by signal 9 (SIGKILL)", number * 1000,   "ERROR vector: \"broken\"\t\xF0\x9F\x8E\x89",
          "started again in 1 s",         number};
}

Deaths of(int count) {
  Deaths deaths;
  for (int number = 1; number <= count; ++number) deaths.add(death(number));
  return deaths;
}

std::string refusal(std::string_view body) {
  const auto deaths = decode_deaths(body);
  REQUIRE_FALSE(deaths);
  CHECK(deaths.error().attempted == "understand the saved deaths");
  return deaths.error().reason;
}

std::string with(std::string body, const std::string& old_part, const std::string& new_part) {
  const std::size_t at = body.find(old_part);
  REQUIRE(at != std::string::npos);
  return body.replace(at, old_part.size(), new_part);
}

}  // namespace

TEST_CASE("the last 20 deaths are kept, the newest first") {
  CHECK(Deaths().newest_first().empty());
  CHECK(of(20).newest_first().size() == 20);
  const Deaths deaths = of(50);
  REQUIRE(deaths.newest_first().size() == 20);
  for (std::size_t i = 0; i < 20; ++i) CHECK(deaths.newest_first()[i] == death(50 - static_cast<std::int64_t>(i)));
}

TEST_CASE("deaths come back as they were") {
  for (const int count : {0, 1, 2, 19, 20, 21}) {
    const auto read = decode_deaths(encode(of(count)));
    REQUIRE(read);
    CHECK(read.value() == of(count));
  }
}

TEST_CASE("a death's text of any bytes comes back as it was") {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  Deaths deaths;
  deaths.add({every_byte, every_byte, 0, every_byte, 0, every_byte, every_byte, 0});
  const auto read = decode_deaths(encode(deaths));
  REQUIRE(read);
  CHECK(read.value() == deaths);
}

TEST_CASE("a death's last error is at most 1 KiB and ends between two characters") {
  const auto kept = [](std::string error) {
    Death long_winded = death(1);
    long_winded.last_error = std::move(error);
    Deaths deaths;
    deaths.add(long_winded);
    return deaths.newest_first().front().last_error;
  };
  CHECK(kept(std::string(1024, 'x')) == std::string(1024, 'x'));
  CHECK(kept(std::string(1025, 'x')) == std::string(1024, 'x'));
  const std::string party = "\xF0\x9F\x8E\x89";
  for (std::size_t before : {1020U, 1021U, 1022U, 1023U, 1024U}) {
    const std::string plain(before, 'x');
    CHECK(kept(plain + party + party) == (before == 1020 ? plain + party : plain));
  }
  CHECK(kept(std::string(5000, '\x80')).size() == 1021);
}

TEST_CASE("a death's numbers are never below 0, so that what is written can be read") {
  Deaths deaths;
  deaths.add({"x", "", -1, "", -2, "", "", -3});
  CHECK(deaths.newest_first().front().at == 0);
  const auto read = decode_deaths(encode(deaths));
  REQUIRE(read);
  CHECK(read.value() == deaths);
}

TEST_CASE("of a file with more than 20 deaths the newest are read, and long errors cut") {
  std::string body = encode(of(1));
  const std::string entry = body.substr(body.find('[') + 1, body.rfind(']') - body.find('[') - 1);
  std::string list = with(entry, "clx1", "newest");
  for (int i = 0; i < 30; ++i) list += "," + entry;
  list = with(list, "ERROR", std::string(3000, 'E'));
  const auto read = decode_deaths("{\"newest_first\":[" + list + "]}");
  REQUIRE(read);
  REQUIRE(read.value().newest_first().size() == 20);
  CHECK(read.value().newest_first().front().pipeline_id == "newest");
  CHECK(read.value().newest_first().front().last_error == std::string(1024, 'E'));
}

TEST_CASE("a death's member that is missing or wrong is named, one that is not known ignored") {
  const std::string body = encode(of(2));
  for (const std::string name :
       {"pipeline_id", "pipeline_name", "at", "how", "uptime_ms", "last_error", "next", "version"})
    CHECK(refusal(with(body, "\"" + name + "\":", "\"other\":")) == "newest_first[0]." + name + " is missing");
  CHECK(refusal(with(body, "\"uptime_ms\":1000", "\"uptime_ms\":-1")) ==
        "newest_first[1].uptime_ms is out of range: -1");
  CHECK(refusal(with(body, "\"how\":", "\"how\":7,\"was\":")) == "newest_first[0].how is not text");
  const auto read = decode_deaths(with(body, "{\"newest_first\":[{", "{\"later\":1,\"newest_first\":[{\"later\":[],"));
  REQUIRE(read);
  CHECK(read.value() == of(2));
}

TEST_CASE("what are no deaths is refused") {
  CHECK_THAT(refusal("x"), Catch::StartsWith("it is not JSON: "));
  CHECK(refusal("[]") == "it is not a JSON object");
  CHECK(refusal("{}") == "newest_first is missing");
  CHECK(refusal("{\"newest_first\":{}}") == "newest_first is not an array");
  CHECK(refusal("{\"newest_first\":[1]}") == "newest_first[0] is not an object");
}

}  // namespace vf::agent::state
