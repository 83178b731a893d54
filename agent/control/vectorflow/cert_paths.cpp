#include "agent/control/vectorflow/cert_paths.h"

namespace vf::agent::vectorflow {

namespace {

// A byte that continues a path or a file name, so that no path begins after it or ends before it.
bool continues_path(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= '0' && code <= '9') || code >= 0x80 ||
         byte == '/' || byte == '.' || byte == '_' || byte == '-' || byte == '~' || byte == '+' || byte == '@' ||
         byte == '%';
}

// The longest of the names that `text` begins with as a whole name; "" where there is none.
std::string_view name_at(std::string_view text, const std::vector<supervisor::CertFile>& certs) {
  std::string_view longest;
  for (const supervisor::CertFile& cert : certs) {
    const std::string_view name = cert.filename;
    if (name.size() <= longest.size() || !text.starts_with(name)) continue;
    if (text.size() > name.size() && continues_path(text[name.size()])) continue;
    longest = name;
  }
  return longest;
}

}  // namespace

std::string relocate_certs(std::string_view yaml, std::string_view data_dir,
                           const std::vector<supervisor::CertFile>& certs) {
  constexpr std::string_view prefix = "/var/lib/vf-agent/certs/";
  static_assert(prefix.starts_with(server_data_dir));
  if (data_dir == server_data_dir || certs.empty()) return std::string(yaml);

  std::string moved;
  std::size_t copied = 0;
  for (std::size_t at = yaml.find(prefix); at != std::string_view::npos; at = yaml.find(prefix, at + 1)) {
    if (at > 0 && continues_path(yaml[at - 1])) continue;
    const std::string_view name = name_at(yaml.substr(at + prefix.size()), certs);
    if (name.empty()) continue;
    const std::size_t end = at + prefix.size() + name.size();
    moved.append(yaml, copied, at - copied).append(data_dir).append("/certs/").append(name);
    copied = end;
  }
  return moved.append(yaml, copied, std::string_view::npos);
}

}  // namespace vf::agent::vectorflow
