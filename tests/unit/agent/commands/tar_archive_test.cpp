#include "agent/commands/tar_archive.h"

#include <catch2/catch.hpp>

#include "agent/commands/gzip.h"

using namespace vf::agent;

TEST_CASE("an archive is blocks of 512 bytes: a head, the content, two empty ones at the end") {
  TarArchive tar(1'700'000'000);
  REQUIRE(tar.add("top/a.txt", "hello"));
  REQUIRE(tar.add("top/empty", ""));
  const std::string bytes = std::move(tar).finish();
  REQUIRE(bytes.size() == 512 * 5);
  CHECK(bytes.substr(0, 10) == std::string("top/a.txt\0", 10));
  CHECK(bytes.substr(124, 12) == std::string("00000000005\0", 12));
  CHECK(bytes.substr(257, 8) == std::string("ustar\0"
                                            "00",
                                            8));
  CHECK(bytes.substr(512, 6) == std::string("hello\0", 6));
  unsigned sum = 8 * ' ';
  for (std::size_t i = 0; i < 512; ++i)
    if (i < 148 || i >= 156) sum += static_cast<unsigned char>(bytes[i]);
  CHECK(static_cast<unsigned>(std::stoul(bytes.substr(148, 6), nullptr, 8)) == sum);
}

TEST_CASE("a long name is divided between its fields, and one that is too long is refused") {
  TarArchive tar(0);
  const std::string folder(90, 'f');
  const std::string name(95, 'n');
  REQUIRE(tar.add(folder + "/" + name, "x"));
  CHECK_FALSE(tar.add(std::string(300, 'n'), "x"));
  CHECK_FALSE(tar.add(std::string(160, 'f') + "/" + name, "x"));
  const std::string bytes = std::move(tar).finish();
  CHECK(bytes.substr(0, 96) == name + std::string(1, '\0'));
  CHECK(bytes.substr(345, 91) == folder + std::string(1, '\0'));
}

TEST_CASE("gzip makes what gzip reads") {
  const auto made = gzip(std::string(100000, 'x'));
  REQUIRE(made);
  CHECK(made.value().substr(0, 3) == "\x1f\x8b\x08");
  CHECK(made.value().size() < 1000);
  CHECK(gzip(""));
}
