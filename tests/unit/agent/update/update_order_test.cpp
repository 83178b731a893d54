#include "agent/update/update_order.h"

#include <catch2/catch.hpp>

#include "agent/update/ed25519.h"

namespace vf::agent {
namespace {

// Made by the openssl command: a key, and its signature over the SHA-256 digest of "the file".
constexpr const char* key = "TBkm9JUlY8O7Ap2dt+m1zvk3nFX6WNrqCRtzWrVOgnA=";
constexpr const char* digest = "994659de87f727ddcde75df44314f31d7f367b3bff347e852f390530f29720c7";
constexpr const char* signature =
    "XxHzlJt2xrBKPNdOFKCl+G1szv7NxDRNbO3eprnBlIOsTX8c8LiPrLjKpQ3T07oisNteKnBVwvkARQtEU9kdBA==";
constexpr const char* other_key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

UpdateOrder order() {
  return {"2.0.0", "https://files.example/vf-agent", std::string("sha256:") + digest, ""};
}

const UpdateRules plain{"1.0.0", false, ""};

/// Why it is refused; "": it is not.
std::string refusal(const UpdateOrder& wanted, const UpdateRules& rules = plain) {
  const auto vetted = vet(wanted, rules);
  return vetted ? "" : vetted.error().reason;
}

}  // namespace

TEST_CASE("an order that is as it should be is what is carried out") {
  const auto vetted = vet(order(), plain);
  REQUIRE(vetted);
  REQUIRE(vetted.value());
  CHECK(vetted.value()->version == "2.0.0");
  CHECK(vetted.value()->url == "https://files.example/vf-agent");
  CHECK(vetted.value()->digest[0] == std::stoul(std::string(digest).substr(0, 2), nullptr, 16));
  CHECK(vetted.value()->digest[31] == std::stoul(std::string(digest).substr(62), nullptr, 16));
}

TEST_CASE("a checksum is 64 hex digits, with sha256: before them or without, in any case") {
  UpdateOrder wanted = order();
  wanted.checksum = digest;
  CHECK(refusal(wanted).empty());
  for (char& c : wanted.checksum) c = static_cast<char>(std::toupper(c));
  CHECK(refusal(wanted).empty());
  for (const std::string& wrong : {std::string(), std::string(digest).substr(1), std::string(digest) + "0",
                                   std::string("md5:") + digest, "x" + std::string(digest).substr(1)}) {
    INFO(wrong);
    wanted.checksum = wrong;
    CHECK(refusal(wanted) == "the checksum is not sha256:<64 hex digits>");
  }
}

TEST_CASE("the version that runs is no update, whatever else the order says") {
  UpdateOrder wanted = order();
  wanted.target_version = "1.0.0";
  wanted.download_url = "nonsense";
  const auto same = vet(wanted, plain);
  REQUIRE(same);
  CHECK_FALSE(same.value());
  wanted.target_version = "v1.0.0";
  CHECK(vet(wanted, {"1.0.0", true, key}).ok());
}

TEST_CASE("only https is downloaded from") {
  UpdateOrder wanted = order();
  for (const char* url : {"http://files.example/vf-agent", "ftp://files.example/x", "/vf-agent", "", "https://",
                          "https://user@files.example/x", "file:///etc/passwd"}) {
    INFO(url);
    wanted.download_url = url;
    CHECK(refusal(wanted) == "the download URL is not https://HOST/PATH");
  }
}

TEST_CASE("a container is updated by its image") {
  CHECK(refusal(order(), {"1.0.0", true, ""}) == "running in Docker");
}

TEST_CASE("a target that is no version is refused") {
  UpdateOrder wanted = order();
  for (const std::string& target :
       {std::string(), std::string("../../x"), std::string("1.0 "), std::string(101, '1')}) {
    INFO(target);
    wanted.target_version = target;
    CHECK(refusal(wanted) == "the target is not the name of a version");
  }
}

TEST_CASE("with a key only what it signed is accepted") {
  UpdateOrder wanted = order();
  const UpdateRules rules{"1.0.0", false, key};
  CHECK(refusal(wanted, rules) == "the update is not signed, and VF_UPDATE_PUBLIC_KEY asks for that");
  wanted.signature = signature;
  CHECK(refusal(wanted, rules).empty());
  const std::string not_of_key = "the signature is not of the key in VF_UPDATE_PUBLIC_KEY";
  CHECK(refusal(wanted, {"1.0.0", false, other_key}) == not_of_key);
  wanted.checksum.back() = wanted.checksum.back() == '0' ? '1' : '0';  // signed was another file
  CHECK(refusal(wanted, rules) == not_of_key);
  wanted = order();
  for (const std::string& wrong : {std::string("not base64!"), std::string("AAAA"), std::string(88, 'A')}) {
    wanted.signature = wrong;
    CHECK(refusal(wanted, rules) == not_of_key);
  }
}

TEST_CASE("Ed25519 verifies the examples of RFC 8032, and nothing near them") {
  const auto bytes = [](std::string_view hex) {
    std::string raw;
    for (std::size_t i = 0; i < hex.size(); i += 2)
      raw += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return raw;
  };
  // Section 7.1, test 2: the message is one byte, 72.
  const std::string public_key = bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const std::string signed_72 = bytes(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
      "b00d291612bb0c00");
  CHECK(is_signed_by(public_key, "\x72", signed_72));
  CHECK_FALSE(is_signed_by(public_key, "\x73", signed_72));
  CHECK_FALSE(is_signed_by(public_key.substr(1), "\x72", signed_72));
  CHECK_FALSE(is_signed_by(public_key, "\x72", signed_72.substr(1)));
  CHECK_FALSE(is_signed_by("", "\x72", ""));
}

TEST_CASE("the version is read from what the program prints, and from nothing else") {
  CHECK(version_in("vf-agent 1.2.3\n") == "1.2.3");
  CHECK(version_in("vf-agent 1.2.3-rc.1+build (debug)\n") == "1.2.3-rc.1+build");
  CHECK(version_in("vector 0.54.0\n").empty());
  CHECK(version_in("vf-agent \n").empty());
  CHECK(version_in("vf-agent ../x\n").empty());
  CHECK(version_in("").empty());
  CHECK(is_same_version("v1.2.3", "1.2.3"));
  CHECK_FALSE(is_same_version("1.2.3", "1.2.30"));
}

}  // namespace vf::agent
