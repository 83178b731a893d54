// One entry of the config response's `pipelines`. Internal to decode_config; simdjson stays out of this header.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/pipeline_spec.h"

namespace simdjson::dom {
class element;
class object;
}  // namespace simdjson::dom

namespace vf::agent::vectorflow {

/// What is wrong with a field, naming it, as in "configYaml is missing"; empty: nothing.
using Problem = std::string;

enum class Need { required, optional };

/// Sets `to` where the field is there. A problem: missing though required, not a string, or a string with a NUL.
[[nodiscard]] Problem read_text(const simdjson::dom::object& from, std::string_view field, Need need, std::string& to);

/// The entry's id; "" where it has none that could be told apart, kept and reported.
[[nodiscard]] std::string read_pipeline_id(const simdjson::dom::element& entry);

/// Fills `spec`, whose id is set, from `entry`. On a problem, name and version are filled as far as they can be read.
[[nodiscard]] Problem read_pipeline(const simdjson::dom::element& entry, supervisor::PipelineSpec& spec);

}  // namespace vf::agent::vectorflow
