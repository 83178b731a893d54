#include "agent/local/inspect_report.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "logbuf/safe_text.h"
#include "supervisor/component_graph.h"
#include "supervisor/mask_secrets.h"
#include "supervisor/mask_yaml.h"
#include "supervisor/own_api.h"
#include "supervisor/vector_data_dir.h"

namespace vf::agent {
namespace {

namespace json = boost::json;

std::string sidecar_of(const supervisor::PipelineSpec& spec, const supervisor::FileRules& rules,
                       supervisor::PortPair ports) {
  std::string data_dir;
  if (!rules.vector_data_dir.empty() && !supervisor::named_data_dir(spec.config_yaml))
    data_dir = supervisor::own_data_dir(rules.vector_data_dir, spec.id);
  return supervisor::sidecar_yaml(rules.sidecar, ports, data_dir);
}

json::array components_of(const std::string& yaml) {
  json::array all;
  for (const supervisor::Component& one : supervisor::component_graph(yaml)) {
    json::array inputs;
    for (const std::string& input : one.inputs) inputs.push_back(json::string(input));
    all.push_back(json::object{
        {"id", one.id}, {"kind", supervisor::to_string(one.kind)}, {"type", one.type}, {"inputs", std::move(inputs)}});
  }
  return all;
}

}  // namespace

std::string inspect_json(const supervisor::PipelineSpec& spec, const supervisor::PipelineStatus& status,
                         const supervisor::FileRules& rules) {
  const supervisor::SecretMask mask(spec.secrets);
  const auto without_api = supervisor::without_own_api(spec.config_yaml);
  const std::string& yaml = without_api ? *without_api : spec.config_yaml;
  json::array secret_names, cert_files;
  for (const auto& [name, value] : spec.secrets) secret_names.push_back(json::string(name));
  for (const supervisor::CertFile& cert : spec.certs) cert_files.push_back(json::string(cert.filename));
  json::object report{{"id", spec.id},
                      {"name", status.name},
                      {"version", spec.version},
                      {"checksum", spec.checksum},
                      {"logLevel", spec.log_level},
                      {"state", supervisor::to_string(status.state)},
                      {"yaml", mask.apply(supervisor::mask_yaml(yaml))},
                      {"secretNames", std::move(secret_names)},
                      {"certFiles", std::move(cert_files)},
                      {"components", components_of(yaml)}};
  if (status.ports) {
    report["ports"] = json::object{{"api", status.ports->api}, {"metrics", status.ports->metrics}};
    report["sidecar"] = mask.apply(sidecar_of(spec, rules, *status.ports));
  }
  std::string text = json::serialize(report);
  // A configuration that is no UTF-8 is refused by Vector, and is then what somebody wants to see.
  if (logbuf::is_safe(text)) return text;
  std::string safe;
  logbuf::append_safe(safe, text, text.size() * logbuf::kReplacement.size());
  return safe;
}

}  // namespace vf::agent
