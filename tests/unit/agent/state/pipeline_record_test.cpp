#include "agent/state/pipeline_record.h"

#include <simdjson.h>

#include <catch2/catch.hpp>
#include <vector>

#include "records.h"

namespace vf::agent::state {
namespace {

using test::full_record;
using test::plain_record;

/// Decodes what must be decodable.
PipelineRecord decoded(std::string_view body) {
  const auto record = decode_pipeline_record(body);
  if (!record) FAIL(record.error().message());
  return record.value();
}

std::string refusal(std::string_view body) {
  const auto record = decode_pipeline_record(body);
  REQUIRE_FALSE(record);
  CHECK(record.error().attempted == "understand the saved pipeline");
  return record.error().reason;
}

std::string with(std::string body, const std::string& old_part, const std::string& new_part) {
  const std::size_t at = body.find(old_part);
  INFO(old_part);
  REQUIRE(at != std::string::npos);
  return body.replace(at, old_part.size(), new_part);
}

}  // namespace

TEST_CASE("a pipeline's record comes back as it was, secrets and all, where they are kept") {
  CHECK(decoded(encode(full_record(), true)) == full_record());
  CHECK(decoded(encode(plain_record("x"), true)) == plain_record("x"));

  PipelineRecord record = full_record();
  record.good.reset();
  record.wanted_lacks_secrets = true;
  CHECK(decoded(encode(record, true)) == record);
  record = full_record();
  record.good_lacks_secrets = true;
  record.refused.reset();
  CHECK(decoded(encode(record, true)) == record);
  record.process.reset();
  CHECK(decoded(encode(record, true)) == record);
}

TEST_CASE("text of any bytes comes back as it was") {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  for (const std::string& text :
       {every_byte, std::string("\0", 1), std::string("a\0b", 3), std::string("\xC3"), std::string("\xED\xA0\x80"),
        std::string("\xEF\xBF\xBD"), std::string("\xEF\xBB\xBFyaml: bom"), std::string("{\"base64\": \"YQ==\"}"),
        std::string(100'000, '"'), std::string("\x7F\x80")}) {
    PipelineRecord record = full_record(text);
    record.wanted.name = record.wanted.checksum = record.wanted.config_yaml = record.wanted.log_level = text;
    record.wanted.secrets["NAME"] = text;
    record.wanted.certs[0].bytes = text;
    record.refused->reason = record.refused->checksum = record.refused->vector_version = text;
    record.process->boot_id = record.process->executable = record.process->checksum = text;
    const std::string body = encode(record, true);
    CHECK(simdjson::validate_utf8(body.data(), body.size()));
    CHECK(decoded(body) == record);
  }
}

TEST_CASE("a certificate of any length comes back as it was") {
  PipelineRecord record = full_record();
  for (const std::size_t length : {0U, 1U, 2U, 3U, 4U, 5U, 3'145'727U, 3'145'728U, 3'145'729U, 7'000'000U}) {
    std::string& bytes = record.wanted.certs[0].bytes;
    bytes.assign(length, '\xFE');
    for (std::size_t i = 0; i < length; i += 7) bytes[i] = static_cast<char>(i);
    INFO(length);
    CHECK((decoded(encode(record, true)) == record));
  }
}

TEST_CASE("without secrets nothing of them is written, and it is known that they lack") {
  const std::string body = encode(full_record(), false);
  for (const char* secret : {"s3cret", "raw secret", "TOKEN", "EMPTY", "RAW", "secret-certificate", "BEGIN", "base64",
                             "bytes", "LS0t" /* base64 of --- */, "AAH/"})
    CHECK_THAT(body, !Catch::Contains(secret));

  PipelineRecord expected = full_record();
  for (supervisor::PipelineSpec* spec : {&expected.wanted, &*expected.good, &*expected.runs}) {
    spec->secrets.clear();
    for (supervisor::CertFile& cert : spec->certs) cert.bytes.clear();
  }
  expected.wanted_lacks_secrets = expected.good_lacks_secrets = expected.runs_lacks_secrets = true;
  CHECK(decoded(body) == expected);
}

TEST_CASE("that secrets lack stays known when the record is written again") {
  const PipelineRecord lacking = decoded(encode(full_record(), false));
  CHECK(decoded(encode(lacking, false)) == lacking);
  CHECK(decoded(encode(lacking, true)) == lacking);
}

TEST_CASE("a pipeline without secrets lacks none, and its certificates are those on the disk") {
  PipelineRecord record = full_record();
  record.wanted.secrets.clear();
  const PipelineRecord read = decoded(encode(record, false));
  CHECK_FALSE(read.wanted_lacks_secrets);
  CHECK(read.good_lacks_secrets);
  REQUIRE(read.wanted.certs.size() == 2);
  CHECK(read.wanted.certs[1].filename == "key.der");
  CHECK(read.wanted.certs[1].bytes.empty());
}

TEST_CASE("taking secrets out says whether there were any") {
  PipelineRecord plain = plain_record("x");
  CHECK_FALSE(drop_secrets(plain));
  CHECK(plain == plain_record("x"));
  PipelineRecord full = full_record();
  CHECK(drop_secrets(full));
  CHECK_FALSE(drop_secrets(full));
  CHECK(full.wanted_lacks_secrets);
  PipelineRecord only_cert = plain_record("x");
  only_cert.wanted.certs = {{"a", "b"}};
  CHECK(drop_secrets(only_cert));
  CHECK_FALSE(only_cert.wanted_lacks_secrets);
}

TEST_CASE("members that are not known are ignored") {
  std::string body =
      with(encode(full_record(), true), "{\"wanted\":{", "{\"later\":[{}],\"wanted\":{\"later\":{\"a\":1},");
  body = with(body, "\"process\":{", "\"process\":{\"later\":null,");
  CHECK(decoded(body) == full_record());
}

TEST_CASE("a member that is missing is named") {
  const std::string body = encode(full_record(), true);
  for (const std::string name : {"wanted", "good", "refused", "process", "starts"})
    CHECK(refusal(with(body, "\"" + name + "\":", "\"other\":")) == name + " is missing");
  for (const std::string name :
       {"id", "name", "version", "checksum", "config_yaml", "log_level", "lacks_secrets", "secrets", "certs"})
    CHECK(refusal(with(body, "\"" + name + "\":", "\"other\":")) == "wanted." + name + " is missing");
  const std::size_t refused = body.find("\"refused\":");
  for (const std::string name : {"checksum", "version", "reason", "vector_version"})
    CHECK(refusal(body.substr(0, refused) + with(body.substr(refused), "\"" + name + "\":", "\"other\":")) ==
          "refused." + name + " is missing");
  const std::size_t process = body.find("\"process\":");
  for (const std::string name : {"pid", "start_ticks", "boot_id", "executable", "metrics_port", "api_port", "version",
                                 "checksum", "healthy", "stopping", "stdout_offset", "stderr_offset"})
    CHECK(refusal(body.substr(0, process) + with(body.substr(process), "\"" + name + "\":", "\"other\":")) ==
          "process." + name + " is missing");
  CHECK(refusal(with(body, "\"value\":", "\"other\":")) == "wanted.secrets[0].value is missing");
  CHECK(refusal(with(body, "\"filename\":\"key.der\"", "\"other\":1")) == "wanted.certs[1].filename is missing");
}

TEST_CASE("a member that is wrong is named") {
  const std::string body = encode(full_record(), true);
  const auto refused = [&](const std::string& old_part, const std::string& new_part) {
    return refusal(with(body, old_part, new_part));
  };
  CHECK(refused("\"id\":\"clx0001\"", "\"id\":\"\"") == "wanted.id is empty");
  CHECK(refused("\"id\":\"clx0001\"", "\"id\":\"other\"") == "good is another pipeline's");
  CHECK(refused("\"id\":\"clx0001\"", "\"id\":7") == "wanted.id is not text");
  CHECK(refused("\"id\":\"clx0001\"", "\"id\":{\"base64\":\"*\"}") == "wanted.id is not text");
  CHECK(refused("\"version\":8", "\"version\":-1") == "wanted.version is out of range: -1");
  CHECK(refused("\"version\":8", "\"version\":8.5") == "wanted.version is not a whole number below 2^63");
  CHECK(refused("\"version\":8", "\"version\":9223372036854775808") ==
        "wanted.version is not a whole number below 2^63");
  CHECK(refused("\"lacks_secrets\":false", "\"lacks_secrets\":0") == "wanted.lacks_secrets is neither true nor false");
  CHECK(refused("\"name\":\"TOKEN\"", "\"name\":\"A=B\"") ==
        "wanted.secrets[2].name is no environment variable's name");
  CHECK(refused("\"name\":\"TOKEN\"", "\"name\":\"A\\u0000\"") ==
        "wanted.secrets[2].name is no environment variable's name");
  CHECK(refused("\"name\":\"TOKEN\"", "\"name\":\"RAW\"") == "wanted.secrets[2].name is there twice");
  for (const std::string name : {"", ".", "..", "../ca.pem", "/etc/shadow", "a\\u0000"})
    CHECK(refused("\"ca.pem\"", "\"" + name + "\"") == "wanted.certs[0].filename is not a plain file name");
  CHECK(refused("\"bytes\":\"", "\"bytes\":\"*") == "wanted.certs[0].bytes is not base64");
  CHECK(refused("\"secrets\":[", "\"secrets\":[1,") == "wanted.secrets has an entry that is not an object");
  CHECK(refused("\"secrets\":[", "\"secrets\":null,\"was\":[") == "wanted.secrets is not an array");
  CHECK(refused("{\"wanted\":{", "{\"wanted\":null,\"was\":{") == "wanted is null");
  CHECK(refused("\"good\":{", "\"good\":3,\"was\":{") == "good is not an object");
  CHECK(refused("\"pid\":4242", "\"pid\":0") == "process.pid is out of range: 0");
  CHECK(refused("\"pid\":4242", "\"pid\":-1") == "process.pid is out of range: -1");
  CHECK(refused("\"pid\":4242", "\"pid\":2147483648") == "process.pid is out of range: 2147483648");
  CHECK(refused("\"metrics_port\":8688", "\"metrics_port\":0") == "process.metrics_port is out of range: 0");
  CHECK(refused("\"api_port\":65535", "\"api_port\":65536") == "process.api_port is out of range: 65536");
  CHECK(refused("\"stderr_offset\":17", "\"stderr_offset\":-17") ==
        "process.stderr_offset is not a whole number of 0 or more");
  CHECK(refused("\"starts\":3", "\"starts\":\"3\"") == "starts is not a whole number of 0 or more");
}

TEST_CASE("what is no record is refused") {
  CHECK_THAT(refusal(""), Catch::StartsWith("it is not JSON: "));
  CHECK_THAT(refusal("{"), Catch::StartsWith("it is not JSON: "));
  CHECK_THAT(refusal("\xFF"), Catch::StartsWith("it is not JSON: "));
  CHECK_THAT(refusal(std::string(5000, '[')), Catch::StartsWith("it is not JSON: "));
  CHECK(refusal("[]") == "it is not a JSON object");
  CHECK(refusal("{}") == "wanted is missing");
}

}  // namespace vf::agent::state
