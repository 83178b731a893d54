#include "supervisor/mask_secrets.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

using vf::supervisor::mask_secrets;

namespace {

std::string masked(std::string text, const std::string& value) {
  return mask_secrets(std::move(text), {{"NAME", value}});
}

}  // namespace

TEST_CASE("every occurrence of a secret's value becomes three stars") {
  CHECK(masked("hunter22 and hunter22.", "hunter22") == "*** and ***.");
  CHECK(masked("xhunter22x", "hunter22") == "x***x");
  CHECK(masked("nothing here", "hunter22") == "nothing here");
  CHECK(mask_secrets("a NAME stays", {{"NAME", "value"}}) == "a NAME stays");
  CHECK(mask_secrets("as it is", {}) == "as it is");
  CHECK(masked("", "hunter22").empty());
}

TEST_CASE("no part of a longer secret is left because a shorter one is in it or overlaps it") {
  const std::map<std::string, std::string> inside = {{"A", "pass"}, {"B", "password-of-root"}};
  CHECK(mask_secrets("password-of-root pass", inside) == "*** ***");
  const std::map<std::string, std::string> overlapping = {{"A", "abcdef"}, {"B", "defghijk"}};
  CHECK(mask_secrets("<abcdefghijk>", overlapping) == "<***>");
  const std::map<std::string, std::string> reversed = {{"A", "defghi"}, {"B", "abcdefg"}};
  CHECK(mask_secrets("<abcdefghi>", reversed) == "<***>");
  CHECK(masked("<aaaaaaaaa>", "aaaa") == "<***>");
}

TEST_CASE("what stands for a secret is not masked again") {
  const std::map<std::string, std::string> stars = {{"A", "hunter22"}, {"B", "****"}};
  CHECK(mask_secrets("hunter22 ****", stars) == "*** ***");
}

TEST_CASE("a value of fewer than four bytes is masked in quotes of its own only") {
  CHECK(masked("invalid type: string \"abc\", abcd 'abc' `abc`", "abc") == "invalid type: string ***, abcd *** ***");
  CHECK(masked("1 of 10", "1") == "1 of 10");
  CHECK(masked("abcd", "abcd") == "***");
  CHECK(masked("\"\" as it is", "") == "\"\" as it is");
}

TEST_CASE("a secret is known as JSON, YAML and Rust escape it") {
  const std::string value = "a\"b\\c\nd\te'f";
  CHECK(masked(R"(json "a\"b\\c\nd\te'f".)", value) == "json \"***\".");
  CHECK(masked("yaml 'it''s me'.", "it's me") == "yaml '***'.");
  CHECK(masked("bell \"x\\u0007yz\".", "x\x07yz") == "bell \"***\".");
  CHECK(masked("bell \"x\\u{7}yz\".", "x\x07yz") == "bell \"***\".");
  CHECK(masked("raw " + value + ".", value) == "raw ***.");
}

TEST_CASE("each longer line of a secret of several lines is masked, and the whole as one") {
  const std::string key = "-----BEGIN KEY-----\r\nMIIEvQIBADANBgkq\nshort\n-----END KEY-----\n";
  CHECK(masked("at line MIIEvQIBADANBgkq of it", key) == "at line *** of it");
  CHECK(masked("-----BEGIN KEY-----", key) == "***");
  CHECK(masked("a short story", key) == "a short story");
  CHECK(masked("[" + key + "]", key) == "[***]");
  CHECK(masked("[-----BEGIN KEY-----\\r\\nMIIEvQIBADANBgkq\\nshort\\n-----END KEY-----\\n]", key) == "[***]");
}

TEST_CASE("blanks around a value do not hide it") {
  CHECK(masked("token=hunter22;", "hunter22\n") == "token=***;");
  CHECK(masked("token=hunter22;", "  hunter22") == "token=***;");
}

TEST_CASE("a value with characters of several bytes is masked as a whole") {
  CHECK(masked("Kennwort „schlüssel“", "schlüssel") == "Kennwort „***“");
}

TEST_CASE("a text and a secret of the same letter take no time") {
  CHECK(masked(std::string(64 << 10, 'a'), std::string(32 << 10, 'a')) == "***");
}
