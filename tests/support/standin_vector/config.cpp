#include "tests/support/standin_vector/config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/standin_vector/interpolation.h"
#include "tests/support/standin_vector/text.h"

namespace standin {
namespace {

using Errors = std::vector<std::string>;

constexpr const char* kDefaultApiAddress = "127.0.0.1:8686";
constexpr const char* kDefaultExporterAddress = "0.0.0.0:9598";

const std::vector<std::string>& global_options() {
  static const std::vector<std::string> kNames = {"data_dir",
                                                  "wildcard_matching",
                                                  "log_schema",
                                                  "telemetry",
                                                  "timezone",
                                                  "proxy",
                                                  "acknowledgements",
                                                  "expire_metrics",
                                                  "expire_metrics_secs",
                                                  "expire_metrics_per_metric_set",
                                                  "buffer_utilization_ewma_half_life_seconds",
                                                  "latency_ewma_alpha",
                                                  "metrics_storage_refresh_period"};
  return kNames;
}

bool contains(const auto& list, const auto& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::string expected(const auto& names) {
  std::string list;
  for (const auto& name : names) list.append(list.empty() ? "`" : ", `").append(name).append("`");
  return "expected one of " + list;
}

/// yaml-cpp's complaints in the words of the library that Vector uses, where they are known.
std::string yaml_error(const YAML::Exception& error) {
  std::string words = error.msg;
  if (words.find("end of sequence flow") != std::string::npos) {
    words = "did not find expected ',' or ']'";
  } else if (words.find("end of map flow") != std::string::npos) {
    words = "did not find expected ',' or '}'";
  } else if (words.find("end of map not found") != std::string::npos) {
    words = "did not find expected key";
  } else if (words.find("illegal map value") != std::string::npos) {
    words = "mapping values are not allowed in this context";
  }
  return words + " at line " + std::to_string(error.mark.line + 1) + " column " + std::to_string(error.mark.column + 1);
}

/// YAML says that keys are unique; yaml-cpp does not look, Vector's reader does.
void check_duplicates(const YAML::Node& node, Errors& errors) {
  if (node.IsSequence()) {
    for (const auto& item : node) check_duplicates(item, errors);
  } else if (node.IsMap()) {
    std::set<std::string> keys;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : YAML::Dump(entry.first);
      if (!keys.insert(key).second) errors.push_back("duplicate entry with key " + quote(key));
      check_duplicates(entry.second, errors);
    }
  }
}

class Loader {
 public:
  Loader(bool interpolate, const Dialect& dialect) : interpolate_(interpolate), dialect_(dialect) {}

  LoadResult load(const std::vector<ConfigPath>& paths) {
    for (const auto& path : paths) {
      read(path);
      if (!result_.errors.empty()) return std::move(result_);
    }
    expand_inputs(config_);
    result_.errors = check_config(config_);
    if (result_.errors.empty()) result_.config = std::move(config_);
    return std::move(result_);
  }

 private:
  void fail(std::string error) { result_.errors.push_back(std::move(error)); }

  void read(const ConfigPath& file) {
    std::ifstream stream(file.path, std::ios::binary);
    if (!stream) return fail("Config file not found in path. path=" + quote(file.path));
    std::stringstream content;
    content << stream.rdbuf();
    std::string text = content.str();
    if (interpolate_) text = interpolate(text, result_.errors);
    if (!result_.errors.empty()) return;
    if (!file.yaml_hint && !file.path.ends_with(".yaml") && !file.path.ends_with(".yml")) {
      // The real one reads any other name as TOML (or JSON); what agents write is YAML.
      return fail("TOML parse error at line 1, column 1: " + file.path + " is not named .yaml or .yml");
    }
    try {
      const YAML::Node root = YAML::Load(text);
      check_duplicates(root, result_.errors);
      if (result_.errors.empty()) merge(root);
    } catch (const YAML::Exception& error) {
      fail(yaml_error(error));
    }
  }

  void merge(const YAML::Node& root) {
    if (root.IsNull()) return;
    if (!root.IsMap()) return fail("invalid type: expected struct ConfigBuilder");
    for (const auto& entry : root) {
      const auto key = entry.first.as<std::string>();
      const YAML::Node& value = entry.second;
      if (key == "sources")
        merge_components(Kind::source, value);
      else if (key == "transforms")
        merge_components(Kind::transform, value);
      else if (key == "sinks")
        merge_components(Kind::sink, value);
      else if (key == "api")
        merge_api(value);
      else if (key == "standin")
        read_modes(value, config_.modes, result_.errors);
      else if (contains(global_options(), key))
        merge_global(key, value);
      else if (key != "schema" && key != "healthchecks" && key != "enrichment_tables" && key != "tests" &&
               key != "provider" && key != "secret") {
        auto known = global_options();
        known.insert(known.end(), {"api", "schema", "healthchecks", "enrichment_tables", "sources", "sinks",
                                   "transforms", "tests", "provider", "secret"});
        fail("unknown field `" + key + "`, " + expected(known));
      }
    }
  }

  void merge_global(const std::string& key, const YAML::Node& value) {
    const std::string text = value.IsScalar() ? value.Scalar() : YAML::Dump(value);
    const auto [entry, is_new] = config_.globals.try_emplace(key, text);
    if (!is_new && entry->second != text) fail("conflicting values for '" + key + "' found");
  }

  void merge_api(const YAML::Node& api) {
    std::vector<std::string> known = {"enabled", "address"};
    if (!dialect_.grpc_api()) known.insert(known.end(), {"playground", "graphql"});
    for (const auto& entry : api) {
      const auto key = entry.first.as<std::string>();
      if (!contains(known, key)) fail("unknown field `" + key + "`, " + expected(known) + "\nin `api`\n");
    }
    if (api["enabled"] && api["enabled"].as<bool>()) config_.api.enabled = true;
    if (!api["address"]) return;
    const auto address = api["address"].as<std::string>();
    if (config_.api.address != kDefaultApiAddress && address != kDefaultApiAddress && address != config_.api.address) {
      return fail("Conflicting `api` address: " + config_.api.address + ", " + address + " .");
    }
    if (address != kDefaultApiAddress) config_.api.address = address;
  }

  void merge_components(Kind kind, const YAML::Node& components) {
    if (!components.IsMap() && !components.IsNull()) return fail("invalid type: expected a map");
    for (const auto& entry : components) {
      const auto id = entry.first.as<std::string>();
      for (const auto& other : config_.components) {
        if (other.kind == kind && other.id == id) {
          fail("duplicate " + std::string(name_of(kind)) + " id found: " + id);
        }
      }
      if (auto component = read_component(kind, id, entry.second)) config_.components.push_back(std::move(*component));
    }
  }

  std::optional<Component> read_component(Kind kind, const std::string& id, const YAML::Node& node) {
    const std::string where = "\nin `" + std::string(name_of(kind)) + "s." + id + "`\n";
    if (!node.IsMap() || !node["type"]) return fail("missing field `type`" + where), std::nullopt;
    const auto name = node["type"].as<std::string>();
    const ComponentType* type = find_type(kind, name);
    if (type == nullptr) {
      return fail("unknown variant `" + name + "`, expected one of " + known_types(kind) + where), std::nullopt;
    }
    if (!check_fields(*type, node, where)) return std::nullopt;
    Component component;
    component.kind = kind;
    component.id = id;
    component.type = name;
    component.text = YAML::Dump(node);
    try {
      read_fields(node, component);
    } catch (const YAML::Exception& error) {
      return fail("invalid type: " + std::string(error.what()) + where), std::nullopt;
    }
    return component;
  }

  bool check_fields(const ComponentType& type, const YAML::Node& node, const std::string& where) {
    std::vector<std::string> known = {"type", "proxy", "graph"};
    if (type.kind != Kind::source) known.emplace_back("inputs");
    if (type.kind != Kind::sink) known.emplace_back("acknowledgements");
    if (type.kind == Kind::sink) {
      known.insert(known.end(), {"buffer", "healthcheck", "healthcheck_uri", "acknowledgements"});
    }
    known.insert(known.end(), type.required.begin(), type.required.end());
    known.insert(known.end(), type.optional.begin(), type.optional.end());
    const auto before = result_.errors.size();
    for (const auto& field : type.required) {
      if (!node[std::string(field)]) fail("missing field `" + std::string(field) + "`" + where);
    }
    for (const auto& entry : node) {
      const auto key = entry.first.as<std::string>();
      if (type.fields_known && !contains(known, key)) fail("unknown field `" + key + "`, " + expected(known) + where);
    }
    if (type.name == "demo_logs" && node["format"] && node["format"].as<std::string>() == "shuffle" && !node["lines"]) {
      fail("missing field `lines`" + where);
    }
    return result_.errors.size() == before;
  }

  static void read_ports(const YAML::Node& node, Component& component) {
    if (component.type == "route") {
      component.main_output = false;
      for (const auto& entry : node["route"]) component.ports.push_back(entry.first.as<std::string>());
      if (node["reroute_unmatched"].as<bool>(true)) component.ports.emplace_back("_unmatched");
    } else if (component.type == "remap" && node["reroute_dropped"].as<bool>(false)) {
      component.ports.emplace_back("dropped");
    } else if (component.type == "opentelemetry") {
      component.main_output = false;
      component.ports = {"logs", "metrics", "traces"};
    }
  }

  static void read_fields(const YAML::Node& node, Component& component) {
    if (const auto inputs = node["inputs"]) {
      component.inputs = inputs.IsScalar() ? std::vector<std::string>{inputs.as<std::string>()}
                                           : inputs.as<std::vector<std::string>>();
    }
    component.address = node["address"].as<std::string>("");
    component.mode = node["mode"].as<std::string>("");
    component.path = node["path"].as<std::string>("");
    component.target = node["target"].as<std::string>("stdout");
    if (node["encoding"] && node["encoding"].IsMap())
      component.codec = node["encoding"]["codec"].as<std::string>("text");
    if (node["buffer"] && node["buffer"].IsMap()) {
      component.disk_buffer = node["buffer"]["type"].as<std::string>("memory") == "disk";
    }
    if (component.type == "prometheus_exporter" && component.address.empty())
      component.address = kDefaultExporterAddress;
    if (component.type == "remap") component.code = node["source"].as<std::string>("");
    if (component.type == "filter" && node["condition"].IsScalar())
      component.code = node["condition"].as<std::string>();
    if (component.type == "filter" && node["condition"].IsMap()) {
      component.code = node["condition"]["source"].as<std::string>("");
    }
    read_ports(node, component);
    component.interval_seconds = node["interval"].as<double>(node["scrape_interval_secs"].as<double>(1.0));
    if (node["count"]) component.count = node["count"].as<std::uint64_t>();
    if (component.type == "demo_logs" && node["lines"]) component.lines = node["lines"].as<std::vector<std::string>>();
  }

  bool interpolate_;
  const Dialect& dialect_;
  Config config_;
  LoadResult result_;
};

}  // namespace

LoadResult load_config(const std::vector<ConfigPath>& paths, bool interpolate, const Dialect& dialect) {
  return Loader(interpolate, dialect).load(paths);
}

}  // namespace standin
