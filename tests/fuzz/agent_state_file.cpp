// Whatever lies in state/: reading it neither crashes nor lets through what the codecs promise to keep out, and what
// was read comes back as it was when it is written again. The input is a file, and a body too: behind the digest the
// codecs would hardly be reached.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/state/deaths.h"
#include "agent/state/pipeline_record.h"
#include "agent/state/sealed_file.h"

namespace {

using namespace vf::agent::state;

void must(bool kept) {
  if (!kept) std::abort();
}

void check_file(std::string_view file) {
  for (const std::string_view kind : {pipeline_kind, deaths_kind}) {
    if (const auto body = unseal(kind, file))
      must(seal(kind, body.value()) == file);
    else
      must(!body.error().reason.empty() && body.error().reason.find('\n') == std::string::npos);
    const auto again = unseal(kind, seal(kind, file));
    must(again && again.value() == file);
  }
}

void check_pipeline(std::string_view body) {
  const auto read = decode_pipeline_record(body);
  if (!read) return must(!read.error().reason.empty());
  PipelineRecord record = read.value();
  must(!record.wanted.id.empty() && record.wanted.version >= 0);
  must(!record.good || record.good->id == record.wanted.id);
  for (const vf::supervisor::CertFile& cert : record.wanted.certs)
    must(!cert.filename.empty() && cert.filename.find('/') == std::string::npos && cert.filename != "..");
  if (record.process)
    must(record.process->pid > 0 && record.process->ports.metrics > 0 && record.process->ports.api > 0);

  const auto again = decode_pipeline_record(encode(record, true));
  must(again && again.value() == record);
  const auto without = decode_pipeline_record(encode(record, false));
  drop_secrets(record);
  must(without && without.value() == record && without.value().wanted.secrets.empty());
}

void check_deaths(std::string_view body) {
  const auto read = decode_deaths(body);
  if (!read) return must(!read.error().reason.empty());
  must(read.value().newest_first().size() <= Deaths::most);
  for (const Death& death : read.value().newest_first())
    must(death.last_error.size() <= Deaths::longest_error && death.at >= 0);
  const auto again = decode_deaths(encode(read.value()));
  must(again && again.value() == read.value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_file(input);
  check_pipeline(input);
  check_deaths(input);
  return 0;
}
