#include "agent/commands/diagnostics_files.h"

#include <zlib.h>

#include <array>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

using namespace vf::agent;

namespace {

/// The tar within the archive's gzip.
std::string tar_of(const std::string& archive) {
  std::string bytes;
  std::array<char, 65536> part{};
  z_stream stream{};
  REQUIRE(::inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
  std::string input = archive;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  for (int state = Z_OK; state == Z_OK;) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = static_cast<uInt>(part.size());
    state = ::inflate(&stream, Z_NO_FLUSH);
    bytes.append(part.data(), part.size() - stream.avail_out);
  }
  ::inflateEnd(&stream);
  return bytes;
}

/// The content of the second file: the first is the index.
std::string content_of(DiagnosticsFiles&& files) {
  const auto archive = std::move(files).archive("top", 0);
  REQUIRE(archive);
  const std::string tar = tar_of(archive.value());
  const auto size_at = [&](std::size_t header) { return std::stoul(tar.substr(header + 124, 11), nullptr, 8); };
  const std::size_t second = 512 + (size_at(0) + 511) / 512 * 512;
  return tar.substr(second + 512, size_at(second));
}

}  // namespace

TEST_CASE("a secret of digits leaves JSON readable, and its figures as they are") {
  DiagnosticsFiles files(std::map<std::string, std::string>{{"DB_PASSWORD", "1790"}});
  files.add("readings.json",
            R"({"at":1790000000123,"why":"it is 1790, \"token\": \"hunter22\"","apiKey":"k"})"
            "\n",
            "");
  const std::string content = content_of(std::move(files));
  boost::system::error_code failed;
  const auto read = boost::json::parse(content, failed);
  REQUIRE_FALSE(failed);
  CHECK(read.at("at").as_int64() == 1790000000123);
  CHECK(read.at("why").as_string() == "it is ***, \"token\": \"***\"");
  CHECK(read.at("apiKey").as_string() == "***");
  CHECK(content.ends_with('\n'));
}

TEST_CASE("what calls itself JSON and is none is masked as text") {
  DiagnosticsFiles files(std::map<std::string, std::string>{{"A", "planted"}});
  files.add("status.json", "{planted", "");
  CHECK(content_of(std::move(files)) == "{***");
}
