#include "supervisor/pipeline_files.h"

#include <openssl/sha.h>

#include <algorithm>
#include <filesystem>

#include "supervisor/atomic_file.h"
#include "supervisor/data_dir_move.h"
#include "supervisor/own_api.h"
#include "supervisor/vector_data_dir.h"

namespace vf::supervisor {
namespace {

constexpr std::size_t longest_name = 120;  // NAME_MAX is 255; suffixes and ".new" come behind
constexpr char hex_digits[] = "0123456789abcdef";

std::string digest_of(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::string hex;
  for (std::size_t i = 0; i < 16; ++i) {
    hex += hex_digits[digest[i] >> 4];
    hex += hex_digits[digest[i] & 15];
  }
  return hex;
}

bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

void remove_into(const std::string& path, std::vector<std::string>& failures) {
  if (const Status removed = remove_file(path); !removed) failures.push_back(removed.error().message());
}

/// Removes everything in one directory that is no directory itself and not named in `keep`.
void sweep(const std::string& directory, const std::set<std::string>& keep, std::vector<std::string>& failures) {
  std::error_code failed;
  for (auto entry = std::filesystem::directory_iterator(directory, failed);
       !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    std::error_code unknown;  // then it is tried all the same: what cannot be removed is told
    const bool is_directory = entry->symlink_status(unknown).type() == std::filesystem::file_type::directory;
    if (!is_directory && !keep.contains(entry->path().filename().string()))
      remove_into(entry->path().string(), failures);
  }
  if (failed && failed != std::errc::no_such_file_or_directory)
    failures.push_back(system_error("list " + directory, failed.value()).message());
}

}  // namespace

std::string file_name_of(std::string_view id) {
  std::string name;
  for (const char c : id) {
    if (stays(c) && !(name.empty() && c == '.')) {
      name += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      name += '%';
      name += hex_digits[byte >> 4];
      name += hex_digits[byte & 15];
    }
  }
  // "x.yaml.vf-metrics" would have the sidecar of "x" as its configuration.
  constexpr std::string_view sidecar_like = ".vf-metrics";
  if (name.ends_with(sidecar_like)) name.replace(name.size() - sidecar_like.size(), 1, "%2e");
  if (name.size() > longest_name) name = name.substr(0, longest_name - 33) + "~" + digest_of(id);
  return name;
}

PipelineFiles files_of(const std::string& data_dir, std::string_view id) {
  const std::string name = file_name_of(id);
  const std::string config = data_dir + "/pipelines/" + name + ".yaml";
  const std::string staged = data_dir + "/staged/" + name + ".yaml";
  return {config,
          config + ".vf-metrics.yaml",
          staged,
          staged + ".vf-metrics.yaml",
          data_dir + "/logs/" + name + ".stdout",
          data_dir + "/logs/" + name + ".stderr"};
}

namespace {

Result<Written> write_files(const std::string& data_dir, const std::string& config, const std::string& sidecar,
                            const PipelineSpec& spec, const FileRules& rules, PortPair ports) {
  std::string vector_data_dir;
  if (!rules.vector_data_dir.empty() && !named_data_dir(spec.config_yaml)) {
    // `vector validate` refuses one that does not exist.
    if (Status made = make_own_data_dir(rules.vector_data_dir, spec.id); !made) return made.error();
    vector_data_dir = own_data_dir(rules.vector_data_dir, spec.id);
  }
  if (!spec.certs.empty())
    if (Status made = make_directory(data_dir + "/certs", 0700); !made) return made.error();
  for (const CertFile& cert : spec.certs) {
    if (!cert.bytes.empty()) {  // else "as it is there", of a wish remembered without its secrets
      if (Status put = write_atomically(data_dir + "/certs/" + cert.filename, cert.bytes, 0600); !put)
        return put.error();
    }
  }

  const auto without_api = without_own_api(spec.config_yaml);
  if (Status put = write_atomically(config, without_api ? *without_api : spec.config_yaml, 0600); !put)
    return put.error();
  if (Status put = write_atomically(sidecar, sidecar_yaml(rules.sidecar, ports, vector_data_dir), 0600); !put)
    return put.error();
  return Written{without_api.has_value()};
}

}  // namespace

Result<Written> write_pipeline(const std::string& data_dir, const PipelineSpec& spec, const FileRules& rules,
                               PortPair ports) {
  for (const char* below : {"/pipelines", "/logs"})
    if (Status made = make_directory(data_dir + below, 0700); !made) return made.error();
  const PipelineFiles files = files_of(data_dir, spec.id);
  return write_files(data_dir, files.config, files.sidecar, spec, rules, ports);
}

Result<Written> stage_pipeline(const std::string& data_dir, const PipelineSpec& spec, const FileRules& rules,
                               PortPair ports) {
  if (Status made = make_directory(data_dir + "/staged", 0700); !made) return made.error();
  const PipelineFiles files = files_of(data_dir, spec.id);
  return write_files(data_dir, files.staged_config, files.staged_sidecar, spec, rules, ports);
}

Status place_staged(const std::string& data_dir, std::string_view id) {
  if (Status made = make_directory(data_dir + "/pipelines", 0700); !made) return made;
  const PipelineFiles files = files_of(data_dir, id);
  // The sidecar first: it hardly ever differs, and one without its configuration harms nobody.
  for (const auto& [from, to] : {std::pair(files.staged_sidecar, files.sidecar), {files.staged_config, files.config}})
    if (Status moved = move_file(from, to); !moved) return moved;
  return success();
}

std::vector<std::string> remove_certs(const std::string& data_dir, const std::set<std::string>& orphaned) {
  std::vector<std::string> failures;
  for (const std::string& cert : orphaned) remove_into(data_dir + "/certs/" + cert, failures);
  return failures;
}

std::vector<std::string> remove_pipeline(const std::string& data_dir, std::string_view id,
                                         const std::set<std::string>& orphaned) {
  std::vector<std::string> failures = remove_certs(data_dir, orphaned);
  const PipelineFiles files = files_of(data_dir, id);
  for (const std::string& path : {files.config, files.sidecar, files.staged_config, files.staged_sidecar,
                                  files.standard_output, files.standard_error})
    remove_into(path, failures);
  return failures;
}

std::vector<std::string> remove_leftovers(const std::string& data_dir, const std::set<std::string>& ids,
                                          const std::set<std::string>& certs) {
  std::set<std::string> configs;
  std::set<std::string> logs;
  for (const std::string& id : ids) {
    const std::string name = file_name_of(id);
    // The ".new" names are writes under way for a pipeline that is wanted.
    for (const char* suffix : {".yaml", ".yaml.new", ".yaml.vf-metrics.yaml", ".yaml.vf-metrics.yaml.new"})
      configs.insert(name + suffix);
    logs.insert(name + ".stdout");
    logs.insert(name + ".stderr");
  }
  std::set<std::string> cert_names;
  for (const std::string& cert : certs) {
    cert_names.insert(cert);
    cert_names.insert(cert + ".new");
  }
  std::vector<std::string> failures;
  sweep(data_dir + "/pipelines", configs, failures);
  sweep(data_dir + "/staged", configs, failures);
  sweep(data_dir + "/logs", logs, failures);
  sweep(data_dir + "/certs", cert_names, failures);
  return failures;
}

}  // namespace vf::supervisor
