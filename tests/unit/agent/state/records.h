// Records for the tests of this folder, with something in every field.
#pragma once

#include <string>

#include "agent/state/pipeline_record.h"

namespace vf::agent::state::test {

inline supervisor::PipelineSpec full_spec(const std::string& id, std::int64_t version) {
  supervisor::PipelineSpec spec;
  spec.id = id;
  spec.name = "Logs of \xE2\x82\xAC and \"quotes\"";
  spec.version = version;
  spec.checksum = "0f1e2d";
  spec.config_yaml = "sources:\n  in: {type: demo_logs}  # \xC3\xA4\xF0\x9F\x8E\x89\t\\ \r\n";
  spec.log_level = "debug";
  spec.secrets = {{"TOKEN", "s3cret-token-" + std::to_string(version)}, {"EMPTY", ""}, {"RAW", "\xFF\xFE raw secret"}};
  spec.certs = {{"ca.pem", "-----BEGIN CERTIFICATE-----\nsecret-certificate\n"},
                {"key.der", std::string("\0\x01\xFF", 3)}};
  return spec;
}

inline PipelineRecord full_record(const std::string& id = "clx0001") {
  PipelineRecord record;
  record.wanted = full_spec(id, 8);
  record.good = full_spec(id, 7);
  record.runs = full_spec(id, 6);
  record.refused = RefusedVersion{"aa00", 9, "Vector's check ended with 78:\n error", "0.49.0"};
  supervisor::ProcessRecord process;
  process.pid = 4242;
  process.start_ticks = 18446744073709551615U;
  process.boot_id = "8a2d6b6e-0000-4000-8000-0123456789ab";
  process.executable = "/usr/bin/vector";
  process.ports = {8688, 65535};
  process.version = 8;
  process.checksum = "0f1e2d";
  process.healthy = true;
  process.stopping = true;
  process.reloading = true;
  process.stdout_offset = 9223372036854775808U;
  process.stderr_offset = 17;
  record.process = process;
  record.starts = 3;
  return record;
}

/// One that never had a secret.
inline PipelineRecord plain_record(const std::string& id) {
  PipelineRecord record;
  record.wanted.id = id;
  record.wanted.config_yaml = "sources: {}\n";
  return record;
}

}  // namespace vf::agent::state::test
