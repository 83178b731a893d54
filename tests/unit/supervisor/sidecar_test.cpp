#include "supervisor/sidecar.h"

#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <set>

using namespace vf::supervisor;

namespace {

std::set<std::string> keys_of(const YAML::Node& map) {
  std::set<std::string> keys;
  for (const auto& entry : map) keys.insert(entry.first.Scalar());
  return keys;
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("either sidecar is YAML that exports on the first port and has its API on the second") {
  for (const SidecarKind kind : {SidecarKind::lean, SidecarKind::full}) {
    const YAML::Node yaml = YAML::Load(sidecar_yaml(kind, {8690, 8691}));
    REQUIRE(yaml.IsMap());
    CHECK(keys_of(yaml["sinks"]) == Names{"vf_metrics_exporter"});
    const YAML::Node exporter = yaml["sinks"]["vf_metrics_exporter"];
    CHECK(exporter["type"].Scalar() == "prometheus_exporter");
    CHECK(exporter["address"].Scalar() == "127.0.0.1:8690");
    CHECK(keys_of(yaml["api"]) == Names{"address", "enabled"});
    CHECK(yaml["api"]["enabled"].as<bool>());
    CHECK(yaml["api"]["address"].Scalar() == "127.0.0.1:8691");
    CHECK(yaml["sources"]["vf_internal_metrics"]["type"].Scalar() == "internal_metrics");
  }
}

TEST_CASE("every input of a sidecar's component is a component of it") {
  for (const SidecarKind kind : {SidecarKind::lean, SidecarKind::full}) {
    const YAML::Node yaml = YAML::Load(sidecar_yaml(kind, {1, 2}));
    Names known = keys_of(yaml["sources"]);
    known.merge(keys_of(yaml["transforms"]));
    Names used;
    for (const char* section : {"transforms", "sinks"})
      for (const auto& component : yaml[section])
        for (const auto& input : component.second["inputs"]) used.insert(input.Scalar());
    CHECK(used == known);  // and nothing is computed for nobody
  }
}

TEST_CASE("the lean sidecar reads every 5 s, lets through what is read, and leaves the host out") {
  const YAML::Node yaml = YAML::Load(sidecar_yaml(SidecarKind::lean, {8688, 8689}));
  CHECK(keys_of(yaml) == Names{"api", "sinks", "sources", "transforms"});
  CHECK(keys_of(yaml["sources"]) == Names{"vf_internal_metrics"});
  CHECK(keys_of(yaml["transforms"]) == Names{"vf_metrics_filter"});
  CHECK(yaml["sources"]["vf_internal_metrics"]["scrape_interval_secs"].as<int>() == 5);
  const YAML::Node filter = yaml["transforms"]["vf_metrics_filter"];
  CHECK(filter["type"].Scalar() == "filter");
  const std::string condition = filter["condition"].Scalar();
  CHECK(condition.find('\n') == std::string::npos);  // VRL statements, kept apart by ';'
  for (const char* name : {"\"utilization\"", "\"component_latency_mean_seconds\"", "\"reloaded_total\"",
                           "starts_with(n, \"component_\")", "ends_with(n, \"_total\")"})
    CHECK(condition.find(name) != std::string::npos);
  CHECK(yaml["sinks"]["vf_metrics_exporter"]["inputs"].size() == 1);
}

TEST_CASE("the full sidecar exports both sources as they are") {
  const YAML::Node yaml = YAML::Load(sidecar_yaml(SidecarKind::full, {8688, 8689}));
  CHECK(keys_of(yaml) == Names{"api", "sinks", "sources"});
  CHECK(keys_of(yaml["sources"]) == Names{"vf_host_metrics", "vf_internal_metrics"});
  CHECK(yaml["sources"]["vf_host_metrics"]["type"].Scalar() == "host_metrics");
  CHECK_FALSE(yaml["sources"]["vf_internal_metrics"]["scrape_interval_secs"]);
  CHECK(yaml["sinks"]["vf_metrics_exporter"]["inputs"].size() == 2);
}

TEST_CASE("no name of a sidecar's component could be a pipeline's own") {
  for (const SidecarKind kind : {SidecarKind::lean, SidecarKind::full})
    for (const char* section : {"sources", "transforms", "sinks"})
      for (const std::string& name : keys_of(YAML::Load(sidecar_yaml(kind, {1, 2}))[section]))
        CHECK(name.starts_with("vf_"));
}
