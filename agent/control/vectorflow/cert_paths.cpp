#include "agent/control/vectorflow/cert_paths.h"

#include <algorithm>

namespace vf::agent::vectorflow {

namespace {

// A byte that continues a path or a file name, so that no path begins after it or ends before it.
bool continues_path(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= '0' && code <= '9') || code >= 0x80 ||
         byte == '/' || byte == '.' || byte == '_' || byte == '-' || byte == '~' || byte == '+' || byte == '@' ||
         byte == '%';
}

// Whether `text` begins with one of the names as a whole name.
bool begins_with_name(std::string_view text, const std::vector<supervisor::CertFile>& certs) {
  return std::any_of(certs.begin(), certs.end(), [&](const supervisor::CertFile& cert) {
    const std::string_view name = cert.filename;
    return text.starts_with(name) && (text.size() == name.size() || !continues_path(text[name.size()]));
  });
}

}  // namespace

std::string relocate_certs(std::string_view yaml, std::string_view data_dir,
                           const std::vector<supervisor::CertFile>& certs) {
  constexpr std::string_view prefix = "/var/lib/vf-agent/certs/";
  static_assert(prefix.starts_with(server_data_dir));
  if (data_dir == server_data_dir || certs.empty()) return std::string(yaml);

  std::string moved;
  std::size_t copied = 0;
  for (std::size_t at = yaml.find(prefix); at != std::string_view::npos; at = yaml.find(prefix, at + prefix.size())) {
    const std::size_t name = at + prefix.size();
    if (at > 0 && continues_path(yaml[at - 1])) continue;
    if (!begins_with_name(yaml.substr(name), certs)) continue;
    moved.append(yaml, copied, at - copied).append(data_dir).append("/certs/");
    copied = name;
  }
  return moved.append(yaml, copied, std::string_view::npos);
}

}  // namespace vf::agent::vectorflow
