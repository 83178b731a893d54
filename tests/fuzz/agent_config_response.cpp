// Whatever a server answers: the decoders neither crash nor let through what they promise to keep out.
#include <cstdint>
#include <cstdlib>
#include <set>

#include "agent/control/vectorflow/cert_paths.h"
#include "agent/control/vectorflow/checksum.h"
#include "agent/control/vectorflow/config_response.h"
#include "agent/control/vectorflow/enroll_body.h"
#include "agent/control/vectorflow/error_text.h"

namespace {

using namespace vf::agent::vectorflow;

void must(bool kept) {
  if (!kept) std::abort();
}

void check_pipeline(const vf::supervisor::PipelineSpec& spec) {
  must(!spec.id.empty() && spec.version >= 0 && spec.version <= INT32_MAX);
  must(spec.config_yaml.find('\0') == std::string::npos);
  for (const auto& [name, value] : spec.secrets) {
    must(!name.empty() && name.find_first_of(std::string_view("=\0", 2)) == std::string::npos);
    must(value.find('\0') == std::string::npos);
  }
  for (const vf::supervisor::CertFile& cert : spec.certs)
    must(!cert.filename.empty() && cert.filename.find('/') == std::string::npos && cert.filename != "..");
  must(expected_checksum(spec.config_yaml, spec.secrets).size() == 64);
  must(relocate_certs(spec.config_yaml, server_data_dir, spec.certs) == spec.config_yaml);
  const std::string moved = relocate_certs(spec.config_yaml, "/d", spec.certs);
  must(moved.size() <= spec.config_yaml.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto config = decode_config(body)) {
    std::set<std::string> ids;
    for (const auto& spec : config.value().desired.pipelines) {
      must(ids.insert(spec.id).second);
      check_pipeline(spec);
    }
    for (const Refusal& refusal : config.value().refusals) {
      must(ids.insert(refusal.id).second);
      must(refusal.reason.find('\n') == std::string::npos);
    }
  }
  if (const auto enrolled = decode_enrolled(body)) {
    for (const char c : enrolled.value().node_token) must(c > 0x20 && c < 0x7F);
  }
  must(error_text(body).find_first_of(std::string_view("\0\x1b\r\n", 4)) == std::string::npos);
  return 0;
}
