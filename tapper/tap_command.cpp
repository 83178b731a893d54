#include "tapper/tap_command.h"

#include <string_view>

namespace vf::tapper {
namespace {

/// Outputs have a name of their own where the component has several (`route.errors`), which its id does not match.
std::string output_patterns(const std::vector<std::string>& ids) {
  std::string joined;
  for (const std::string& id : ids) {
    const std::string pattern = literal_pattern(id);
    joined += (joined.empty() ? "" : ",") + pattern + "," + pattern + ".*";
  }
  return joined;
}

std::string input_patterns(const std::vector<std::string>& ids) {
  std::string joined;
  for (const std::string& id : ids) joined += (joined.empty() ? "" : ",") + literal_pattern(id);
  return joined;
}

}  // namespace

std::string literal_pattern(const std::string& component_id) {
  constexpr std::string_view special = "*?[]";
  std::string pattern;
  for (const char c : component_id) {
    if (c == ',')
      pattern += '?';
    else if (special.find(c) != std::string_view::npos)
      pattern.append("[").append(1, c).append("]");
    else
      pattern += c;
  }
  return pattern;
}

std::vector<std::string> tap_arguments(const TapOrder& order, bool grpc) {
  std::vector<std::string> arguments{"tap"};
  if (!order.outputs_of.empty()) arguments.push_back("--outputs-of=" + output_patterns(order.outputs_of));
  if (!order.inputs_of.empty()) arguments.push_back("--inputs-of=" + input_patterns(order.inputs_of));
  arguments.push_back("--url=http://127.0.0.1:" + std::to_string(order.api_port) + (grpc ? "" : "/graphql"));
  arguments.push_back("--interval=" + std::to_string(order.interval.count()));
  arguments.push_back("--limit=" + std::to_string(order.limit));
  arguments.push_back("--duration-ms=" + std::to_string(order.longest.count()));
  // It says which component an event is from; and it is to end with its Vector: the agent knows when that is back.
  for (const char* flag : {"--format=json", "--meta", "--no-reconnect"}) arguments.emplace_back(flag);
  return arguments;
}

}  // namespace vf::tapper
