#include "logbuf/surrogates.h"

#include <catch2/catch.hpp>

namespace vf::logbuf {
namespace {

struct Mended {
  std::string json;
  std::size_t count;
  friend bool operator==(const Mended&, const Mended&) = default;
};

Mended mend(std::string json) {
  const std::size_t count = mend_surrogates(json);
  return {std::move(json), count};
}

}  // namespace

TEST_CASE("an unpaired surrogate becomes U+FFFD") {
  CHECK(mend(R"("a\ud800b")") == Mended{R"("a\uFFFDb")", 1});
  CHECK(mend(R"("\uDFFF")") == Mended{R"("\uFFFD")", 1});
  CHECK(mend(R"("\udbff\u0041")") == Mended{R"("\uFFFD\u0041")", 1});
  CHECK(mend(R"("\udc00\ud800")") == Mended{R"("\uFFFD\uFFFD")", 2});
}

TEST_CASE("a pair stays, next to an unpaired one too") {
  CHECK(mend(R"("\ud83d\ude00")") == Mended{R"("\ud83d\ude00")", 0});
  CHECK(mend(R"("\ud800\ud83d\ude00\ude00")") == Mended{R"("\uFFFD\ud83d\ude00\uFFFD")", 2});
}

TEST_CASE("an escaped backslash before ud800 is text") {
  CHECK(mend(R"("\\ud800")") == Mended{R"("\\ud800")", 0});
  CHECK(mend(R"("\\\ud800")") == Mended{R"("\\\uFFFD")", 1});
}

TEST_CASE("text that is cut short or no JSON is not read past its end") {
  for (const char* text : {"", "\\", "\\u", "\\ud8", "\\ud80", "\"\\ud800\\", "\"\\ud800\\u", "\\u+800", "\\u 800"})
    CHECK_NOTHROW(mend(text));
  CHECK(mend("\\ud80").count == 0);
  CHECK(mend("\\ud800\\udc0").count == 1);
}

TEST_CASE("the escape of a NUL becomes U+FFFD, an escaped backslash before it is text") {
  const auto nul_free = [](std::string json) {
    mend_nuls(json);
    return json;
  };
  CHECK(nul_free(R"("a\u0000b\u0000")") == R"("a\uFFFDb\uFFFD")");
  CHECK(nul_free(R"("\\u0000 \\\u0000 \u0001 \n")") == R"("\\u0000 \\\uFFFD \u0001 \n")");
  CHECK(nul_free("\\u000") == "\\u000");
}

}  // namespace vf::logbuf
