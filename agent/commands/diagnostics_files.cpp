#include "agent/commands/diagnostics_files.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <ctime>
#include <functional>

#include "agent/commands/gzip.h"
#include "agent/commands/likely_secrets.h"
#include "agent/commands/tar_archive.h"
#include "agent/commands/terminal_text.h"
#include "supervisor/mask_secrets.h"
#include "supervisor/mask_yaml.h"
#include "supervisor/pipeline_files.h"

namespace vf::agent {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_folder = 60;
constexpr std::size_t page_width = 100;

void mask_strings(json::value& value, const std::function<std::string(std::string)>& mask) {
  if (value.is_string()) value = mask(std::string(value.get_string()));
  if (value.is_array())
    for (json::value& one : value.get_array()) mask_strings(one, mask);
  if (value.is_object())
    for (json::key_value_pair& one : value.get_object()) {
      if (one.value().is_string() && supervisor::is_secret_key({one.key().data(), one.key().size()}))
        one.value() = "***";
      else
        mask_strings(one.value(), mask);
    }
}

}  // namespace

std::string DiagnosticsFiles::masked(std::string text) const {
  return without_likely_secrets(supervisor::mask_secrets(std::move(text), secrets_));
}

/// Its strings alone: a secret of digits would be found within figures, and JSON would be none any more.
std::string DiagnosticsFiles::masked_json(std::string text) const {
  boost::system::error_code failed;
  json::value root = json::parse(text, failed);
  if (failed) return masked(std::move(text));
  mask_strings(root, [this](std::string words) { return masked(std::move(words)); });
  return json::serialize(root) + "\n";
}

void DiagnosticsFiles::add(const std::string& name, std::string content, const std::string& what) {
  files_.push_back(
      {name, name.ends_with(".json") ? masked_json(std::move(content)) : masked(std::move(content)), what});
}

void DiagnosticsFiles::miss(const std::string& what, const std::string& why) {
  missing_.push_back(masked(what + ": " + why));
}

std::string DiagnosticsFiles::index(const std::string& top) const {
  std::string text = top + "\n\n";
  text += wrapped(
      "Made by `vf-agent diagnostics`. Tokens, values of secrets and what reads like one stand as ***, and no "
      "pipeline's "
      "YAML is in it. Logs hold what programs print: look through them before you hand this on.",
      page_width, 0);
  text += "\n";
  for (const File& file : files_) text += "  " + file.name + "\n" + wrapped(file.what, page_width, 6);
  text += "\nThe agent's own log is not in it: `journalctl -u vf-agent`, or wherever its standard error goes.\n";
  if (missing_.empty()) return text;
  text += "\nMissing:\n";
  for (const std::string& one : missing_) text += wrapped("- " + one, page_width, 2);
  return text;
}

Result<std::string> DiagnosticsFiles::archive(const std::string& top, std::int64_t at) && {
  TarArchive tar(at);
  if (const Status added = tar.add(top + "/README.txt", index(top)); !added) return added.error();
  for (const File& file : files_)
    if (const Status added = tar.add(top + "/" + file.name, file.content); !added) return added.error();
  return gzip(std::move(tar).finish());
}

std::string diagnostics_folder(const std::string& id, std::size_t number) {
  const std::string name = supervisor::file_name_of(id);
  return name.size() <= longest_folder ? name : "pipeline-" + std::to_string(number);
}

std::string file_time(std::int64_t at) {
  const std::time_t time = at;
  std::tm parts{};
  char text[32];
  if (::gmtime_r(&time, &parts) == nullptr || std::strftime(text, sizeof text, "%Y-%m-%dT%H%M%SZ", &parts) == 0)
    return std::to_string(at);
  return text;
}

}  // namespace vf::agent
