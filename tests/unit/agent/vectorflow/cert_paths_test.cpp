#include "agent/control/vectorflow/cert_paths.h"

#include <catch2/catch.hpp>

namespace vf::agent::vectorflow {
namespace {

const std::vector<supervisor::CertFile> certs = {{"ca.pem", ""}, {"ca.pem.old", ""}, {"my key.pem", ""}, {"my", ""}};

std::string moved(std::string_view yaml) {
  return relocate_certs(yaml, "/data", certs);
}

}  // namespace

TEST_CASE("a certificate's path leads into the data directory that is used") {
  CHECK(moved(R"(ca_file: "/var/lib/vf-agent/certs/ca.pem")") == R"(ca_file: "/data/certs/ca.pem")");
  CHECK(moved("a: /var/lib/vf-agent/certs/ca.pem\nb: '/var/lib/vf-agent/certs/ca.pem'") ==
        "a: /data/certs/ca.pem\nb: '/data/certs/ca.pem'");
  CHECK(moved("[/var/lib/vf-agent/certs/ca.pem,/var/lib/vf-agent/certs/my]") == "[/data/certs/ca.pem,/data/certs/my]");
  CHECK(moved("/var/lib/vf-agent/certs/ca.pem") == "/data/certs/ca.pem");
}

TEST_CASE("a name that begins with another one is moved too") {
  CHECK(moved("\"/var/lib/vf-agent/certs/ca.pem.old\"") == "\"/data/certs/ca.pem.old\"");
  CHECK(moved("\"/var/lib/vf-agent/certs/my key.pem\"") == "\"/data/certs/my key.pem\"");
}

TEST_CASE("only names of this pipeline's certificates are touched") {
  for (const char* yaml : {"\"/var/lib/vf-agent/certs/other.pem\"", "\"/var/lib/vf-agent/certs/\"",
                           "\"/var/lib/vf-agent/certs\"", "\"/var/lib/vf-agent/data\""})
    CHECK(moved(yaml) == yaml);
}

TEST_CASE("a path is touched only where it stands by itself") {
  for (const char* yaml : {"\"/mnt/var/lib/vf-agent/certs/ca.pem\"", "\"./var/lib/vf-agent/certs/ca.pem\"",
                           "\"//var/lib/vf-agent/certs/ca.pem\"", "\"/var/lib/vf-agent/certs/ca.pem.bak\"",
                           "\"/var/lib/vf-agent/certs/ca.pem/x\"", "\"/var/lib/vf-agent/certs/ca.pemä\"",
                           "\"/var/lib/vf-agent/certs/ca.pem-2\"", "\"/var/lib/vf-agent/certs/Ca.pem\"",
                           "\"/var/lib/vf-agent/certs/old/ca.pem\""})
    CHECK(moved(yaml) == yaml);
}

TEST_CASE("the default data directory changes nothing") {
  const std::string yaml = "a: /var/lib/vf-agent/certs/ca.pem";
  CHECK(relocate_certs(yaml, "/var/lib/vf-agent", certs) == yaml);
  CHECK(relocate_certs(yaml, "/data", {}) == yaml);
  CHECK(relocate_certs("", "/data", certs) == "");
}

TEST_CASE("a data directory below the default one is not moved twice") {
  const std::string yaml = "a: /var/lib/vf-agent/certs/ca.pem b: /var/lib/vf-agent/certs/ca.pem";
  const std::string below = "/var/lib/vf-agent/certs/x";
  CHECK(relocate_certs(yaml, below, certs) ==
        "a: /var/lib/vf-agent/certs/x/certs/ca.pem b: /var/lib/vf-agent/certs/x/certs/ca.pem");
}

}  // namespace vf::agent::vectorflow
