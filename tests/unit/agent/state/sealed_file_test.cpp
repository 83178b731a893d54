#include "agent/state/sealed_file.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace vf::agent::state {
namespace {

const std::string nothing_special = "{\"a\":1}";

std::string reason(std::string_view kind, std::string_view file) {
  const auto body = unseal(kind, file);
  REQUIRE_FALSE(body);
  CHECK(body.error().attempted == "read the saved " + std::string(kind));
  return body.error().reason;
}

/// A sealed file with one part of its first line replaced.
std::string with(std::string file, const std::string& old_part, const std::string& new_part) {
  const std::size_t at = file.find(old_part);
  REQUIRE(at < file.find('\n'));
  return file.replace(at, old_part.size(), new_part);
}

}  // namespace

TEST_CASE("what is sealed is unsealed as it was") {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  const std::string large(300'000, 'x');
  for (const std::string& body : {std::string(), std::string("\n"), nothing_special, every_byte, large,
                                  seal("pipeline", "a sealed file in a sealed file")}) {
    const auto unsealed = unseal("pipeline", seal("pipeline", body));
    REQUIRE(unsealed);
    CHECK(unsealed.value() == body);
  }
}

TEST_CASE("the first line says what the file is, for people too") {
  // printf abc | sha256sum
  CHECK(seal("deaths", "abc") ==
        "vf-agent-state 1 deaths sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad 3\nabc");
}

TEST_CASE("an empty file is called empty") {
  CHECK(reason("pipeline", "") == "it is empty");
}

TEST_CASE("a file of somebody else is called foreign") {
  for (const char* file : {"hello", "{}", "\n", " vf-agent-state 1 pipeline", "vf-agent-status 1", "VF-AGENT-STATE 1"})
    CHECK(reason("pipeline", file) == "it is no state file of a vf-agent");
  CHECK(reason("pipeline", std::string(100, '\0')) == "it is no state file of a vf-agent");
}

TEST_CASE("a file of another kind is not taken for this one") {
  CHECK(reason("pipeline", seal("deaths", "{}")) == "it holds another kind of state: deaths");
  CHECK(reason("deaths", seal("death", "{}")) == "it holds another kind of state: death");
}

TEST_CASE("a file of a newer agent says so, whatever else it holds") {
  const std::string newer = "it was written by a newer vf-agent (format 2)";
  CHECK(reason("pipeline", with(seal("pipeline", "{}"), " 1 ", " 2 ")) == newer);
  CHECK(reason("pipeline", with(seal("deaths", "{}"), " 1 ", " 2 ")) == newer);
  CHECK(reason("pipeline", "vf-agent-state 2 \x01 other words") == newer);
  CHECK(reason("pipeline", "vf-agent-state 2 " + std::string(5000, 'x')) == newer);
  CHECK(reason("pipeline", "vf-agent-state 10 x\n") == "it was written by a newer vf-agent (format 10)");
}

TEST_CASE("a file that is cut at any byte is torn") {
  for (const std::string& body : {std::string(), nothing_special, std::string("two\nlines\n")}) {
    const std::string file = seal("pipeline", body);
    CHECK(reason("pipeline", file.substr(0, 0)) == "it is empty");
    for (std::size_t length = 1; length < file.size(); ++length) {
      INFO(length);
      CHECK_THAT(reason("pipeline", file.substr(0, length)), Catch::StartsWith("it is torn: "));
    }
  }
  std::string short_by_one = seal("pipeline", "abc");
  short_by_one.pop_back();
  CHECK(reason("pipeline", short_by_one) == "it is torn: 2 bytes where it should have 3");
}

TEST_CASE("a file with more behind it is torn too") {
  CHECK(reason("pipeline", seal("pipeline", "abc") + "\n") == "it is torn: 4 bytes where it should have 3");
}

TEST_CASE("a file whose blocks were never written is torn or damaged") {
  std::string zeros = seal("pipeline", nothing_special);
  const std::size_t body = zeros.size() - nothing_special.size();
  for (std::size_t from = 0; from < zeros.size(); ++from) {
    std::string file = zeros;
    for (std::size_t i = from; i < file.size(); ++i) file[i] = '\0';
    const std::string why = reason("pipeline", file);
    if (from >= body) CHECK(why == "it is damaged: its content is not what was saved");
  }
}

TEST_CASE("no flipped bit is overlooked") {
  const std::string file = seal("pipeline", nothing_special);
  for (std::size_t at = 0; at < file.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = file;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      INFO(at << " " << bit);
      CHECK_FALSE(unseal("pipeline", flipped));
    }
}

TEST_CASE("a first line that is not exactly ours is damaged") {
  const std::string file = seal("pipeline", "abc");
  const std::string damaged = "it is damaged: its first line is not whole";
  for (const auto& [old_part, new_part] :
       std::vector<std::pair<std::string, std::string>>{{" 1 ", " 0 "},
                                                        {" 1 ", " 01 "},
                                                        {" 1 ", " +1 "},
                                                        {" 1 ", " -1 "},
                                                        {" 1 ", "  "},
                                                        {" 1 ", " one "},
                                                        {" 1 ", " 99999999999999999999999 "},
                                                        {"pipeline", ""},
                                                        {"pipeline", "Pipeline"},
                                                        {"pipeline", "pipe\x1b[31m"},
                                                        {"pipeline", std::string(33, 'p')},
                                                        {"sha256:", "sha512:"},
                                                        {"sha256:", "SHA256:"},
                                                        {" 3", ""},
                                                        {" 3", " "},
                                                        {" 3", " 03"},
                                                        {" 3", " 3 "},
                                                        {" 3", " 3 4"},
                                                        {" 3", " -3"},
                                                        {" 3", " 3\r"},
                                                        {" 3", " 18446744073709551616"}}) {
    INFO(old_part << " becomes " << new_part);
    CHECK(reason("pipeline", with(file, old_part, new_part)) == damaged);
  }
  CHECK(reason("pipeline", "vf-agent-state 1 " + std::string(5000, 'p')) == damaged);
  CHECK(reason("pipeline", with(file, "sha256:ba", "sha256:BA")) == "it is damaged: its content is not what was saved");
}

}  // namespace vf::agent::state
