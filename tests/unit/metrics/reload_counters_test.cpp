#include <catch2/catch.hpp>
#include <string>

#include "metrics/vector_readings.h"

using vf::metrics::read_vector;
using vf::metrics::VectorReadings;

TEST_CASE("reloads that succeeded and that were refused are counted as recorded Vectors told") {
  // Both versions: after one good reload, three files that could not be loaded, one topology that could not be built
  // and one changed global option.
  for (const std::string stamp : {"1795252080218", "1795252503113"}) {
    const std::string labels = R"(error_type="configuration_failed",host="vm")";
    const std::string refusals = "vector_component_errors_total{error_code=\"config_load\"," + labels +
                                 ",stage=\"processing\"} 3 " + stamp +
                                 "\n"
                                 "vector_component_errors_total{error_code=\"reload\"," +
                                 labels + ",reason=\"topology_build_failed\",stage=\"processing\"} 1 " + stamp +
                                 "\n"
                                 "vector_component_errors_total{error_code=\"reload\"," +
                                 labels + ",reason=\"global_options_changed\",stage=\"processing\"} 1 " + stamp + "\n";
    const std::string good = "vector_reloaded_total{host=\"vm\"} 1 " + stamp + "\n";
    CHECK(read_vector(good).reloads_total == 1);
    CHECK(read_vector(good).reload_errors_total == 0);
    const VectorReadings readings = read_vector(refusals + good);
    CHECK(readings.reloads_total == 1);
    CHECK(readings.reload_errors_total == 5);
    CHECK(readings.totals.errors == 0);
    CHECK(readings.components.empty());
  }
}

TEST_CASE("a component's errors are no refused reloads, whatever their code") {
  const VectorReadings readings = read_vector(
      "vector_component_errors_total{component_id=\"a\",component_kind=\"sink\",error_code=\"reload\"} 4\n"
      "vector_component_errors_total{component_id=\"vf_x\",component_kind=\"sink\",error_code=\"config_load\"} 4\n"
      "vector_component_errors_total{error_code=\"recovery\"} 1\n");
  CHECK(readings.reload_errors_total == 0);
}
