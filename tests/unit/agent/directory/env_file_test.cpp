#include "agent/control/directory/env_file.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

using namespace vf::agent;
using Values = std::map<std::string, std::string>;
using Catch::Matchers::Contains;

namespace {

Values values_of(const std::string& text) {
  const EnvFile file = parse_env_file(text);
  CAPTURE(text, file.error_line, file.error);
  REQUIRE(file.error.empty());
  REQUIRE(file.error_line == 0);
  return file.values;
}

/// "LINE: why" of a text that must be refused.
std::string error_of(const std::string& text) {
  const EnvFile file = parse_env_file(text);
  CAPTURE(text);
  REQUIRE_FALSE(file.error.empty());
  CHECK(file.values.empty());
  return std::to_string(file.error_line) + ": " + file.error;
}

}  // namespace

TEST_CASE("lines are KEY=VALUE, comments and nothing") {
  CHECK(values_of("").empty());
  CHECK(values_of("\n\n  \n").empty());
  CHECK(values_of("A=1\n# B=2\n  ; C=3\n\nD=4") == Values{{"A", "1"}, {"D", "4"}});
  CHECK(values_of("_a1=x\n") == Values{{"_a1", "x"}});
  CHECK(values_of("A=\nB=") == Values{{"A", ""}, {"B", ""}});
}

TEST_CASE("an export in front of a name is allowed") {
  CHECK(values_of("export A=1\nexport\tB=2") == Values{{"A", "1"}, {"B", "2"}});
  CHECK(values_of("export=1") == Values{{"export", "1"}});
  CHECK(values_of("exportA=1") == Values{{"exportA", "1"}});
}

TEST_CASE("a value without quotes is what stands there, without the white space around it") {
  CHECK(values_of("A= x y \t\n") == Values{{"A", "x y"}});
  CHECK(values_of("A=$B${C}`d`") == Values{{"A", "$B${C}`d`"}});
  CHECK(values_of("A=b=c#d") == Values{{"A", "b=c#d"}});
  CHECK(values_of("A=#d") == Values{{"A", "#d"}});
  CHECK(values_of("A=it's") == Values{{"A", "it's"}});
}

TEST_CASE("single quotes keep everything, over several lines too") {
  CHECK(values_of("A='a # \\n $x \"q\" '") == Values{{"A", "a # \\n $x \"q\" "}});
  CHECK(values_of("A='one\ntwo'\nB=3") == Values{{"A", "one\ntwo"}, {"B", "3"}});
  CHECK(values_of("A= ''  \n") == Values{{"A", ""}});
}

TEST_CASE("double quotes take back the meaning of four characters") {
  CHECK(values_of(R"(A="a \"b\" \\ \$c \`d\`")") == Values{{"A", R"(a "b" \ $c `d`)"}});
  CHECK(values_of(R"(A="\n\t\x 'q' # $d")") == Values{{"A", R"(\n\t\x 'q' # $d)"}});
  CHECK(values_of("A=\"-----BEGIN\nKEY-----\"") == Values{{"A", "-----BEGIN\nKEY-----"}});
}

TEST_CASE("line ends of Windows and a byte order mark are no part of a value") {
  CHECK(values_of("\xef\xbb\xbf"
                  "A=1\r\nB='x\r\ny'\r\n\r\n") == Values{{"A", "1"}, {"B", "x\ny"}});
}

TEST_CASE("a malformed line is refused with its number") {
  CHECK(error_of("A=1\n\nB\n") == "3: expected '=' right after B, as in B=value");
  CHECK(error_of("A =1") == "1: expected '=' right after A, as in A=value");
  CHECK(error_of("A.B=1") == "1: expected '=' right after A, as in A=value");
  CHECK_THAT(error_of("# x\n1A=2"), Contains("2: a line begins with the name of a variable"));
  CHECK_THAT(error_of("=x"), Contains("1: a line begins with"));
  CHECK_THAT(error_of("export"), Contains("expected '=' right after export"));
  CHECK_THAT(error_of("export =1"), Contains("a line begins with"));
  CHECK_THAT(error_of("A: 1"), Contains("expected '='"));
}

TEST_CASE("a name that is set twice is refused with both lines") {
  CHECK(error_of("A=1\nB='x\ny'\nexport A=2") == "4: A is set in line 1 already");
}

TEST_CASE("what shells, docker and systemd read differently is refused") {
  CHECK_THAT(error_of("X=0\nA=b # c"), Contains("2: a '#' after white space in the value of A"));
  CHECK_THAT(error_of("A=b\t#c"), Contains("after white space"));
  CHECK_THAT(error_of("A= #c"), Contains("after white space"));
  CHECK_THAT(error_of("A=C:\\x"), Contains("1: a '\\' in the value of A: put the value into single quotes"));
  CHECK_THAT(error_of("A=1\\\nB=2"), Contains("1: a '\\'"));
  CHECK(error_of("A='x' # c") == "1: something follows the closing quote of A");
  CHECK(error_of("A='x\ny'z") == "2: something follows the closing quote of A");
}

TEST_CASE("a quote that is never closed is refused with the line that opened it") {
  CHECK(error_of("A=1\nB=\"x\nC=2\n") == "2: the \" that begins the value of B is never closed");
  CHECK(error_of("A='") == "1: the ' that begins the value of A is never closed");
  CHECK(error_of("A=\"x\\\"") == "1: the \" that begins the value of A is never closed");
}

TEST_CASE("a NUL byte is refused, as no environment can hold it") {
  CHECK_THAT(error_of(std::string("A=x\0y", 5)), Contains("holds a NUL byte"));
}

TEST_CASE("an error never shows a value") {
  for (const char* text :
       {"A=secret # c", "A=sec\\ret", "A='secret' x", "A='secret", "A=1\nA=secret", "A=1\n secret!"}) {
    CAPTURE(text);
    if (std::string(text).find("secret!") == std::string::npos) CHECK_THAT(error_of(text), !Contains("sec"));
  }
}
