#include "agent/update/upgrade_record.h"

#include <simdjson.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>

#include "agent/state/json_fields.h"
#include "agent/state/sealed_file.h"
#include "supervisor/atomic_file.h"

namespace vf::agent {
namespace {

constexpr const char* kind = "upgrade";
constexpr std::size_t largest = 64 << 10;

std::string path_in(const std::string& data_dir) {
  return data_dir + "/state/upgrade";
}

Result<UpgradeRecord> decode(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::object object;
  if (parser.parse(body).get(root) || root.get(object)) return Error{"read it", "its body is no JSON object", 0};
  state::Problem problem;
  state::JsonFields fields(object, "", problem);
  UpgradeRecord record;
  record.from = fields.text("from");
  record.target = fields.text("target");
  record.failure = fields.text("failure");
  if (!problem.empty()) return Error{"read it", problem, 0};
  return record;
}

}  // namespace

Status write_upgrade_record(const std::string& data_dir, const UpgradeRecord& record) {
  const boost::json::object object{{"from", state::text_value(record.from)},
                                   {"target", state::text_value(record.target)},
                                   {"failure", state::text_value(record.failure)}};
  if (const Status made = supervisor::make_directory(data_dir + "/state", 0700); !made) return made;
  return supervisor::write_atomically(path_in(data_dir), state::seal(kind, boost::json::serialize(object)), 0600);
}

Result<std::optional<UpgradeRecord>> read_upgrade_record(const std::string& data_dir) {
  const std::string path = path_in(data_dir);
  const auto unusable = [&](const Error& why) {
    (void)supervisor::remove_file(path);
    return Error{"use " + path + " (removed)", why.reason, why.code};
  };
  const auto file = supervisor::read_file(path, largest);
  if (!file && file.error().code == ENOENT) return std::optional<UpgradeRecord>();
  if (!file) return unusable(file.error());
  const auto body = state::unseal(kind, file.value());
  if (!body) return unusable(body.error());
  auto record = decode(body.value());
  if (!record) return unusable(record.error());
  return std::optional(std::move(record).value());
}

Status remove_upgrade_record(const std::string& data_dir) {
  return supervisor::remove_file(path_in(data_dir));
}

}  // namespace vf::agent
