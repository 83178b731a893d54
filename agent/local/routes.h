// Routes: what a local request asks for, by docs/local-api.md. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/local/local_message.h"
#include "supervisor/result.h"

namespace vf::agent {

struct Route {
  enum class To { status, readings, inspect, logs, tap, restart, options, metrics };
  To to = To::status;
  std::string pipeline;  ///< id or name as it was given; of /readings "" is all of them
  bool components = false;
  std::size_t lines = 100;  ///< 0 to 500
  bool follow = false;
  std::string component;    ///< of a tap, not empty
  std::uint64_t limit = 0;  ///< of a tap; 0: none
};

/// Or the error that answers it: 400, 404 or 405.
[[nodiscard]] std::variant<Route, LocalAnswer> find_route(const LocalRequest& request);

/// Pipelines by id, each with its name.
using PipelineNames = std::vector<std::pair<std::string, std::string>>;

/// The id of the pipeline whose id, or else whose name, `wanted` is; or the error that answers, 404 or 409.
[[nodiscard]] std::variant<std::string, LocalAnswer> find_pipeline(const PipelineNames& there,
                                                                   const std::string& wanted);

/// "a, b, c and 497 more".
[[nodiscard]] std::string some_of(const std::vector<std::string>& names);

}  // namespace vf::agent
