// How `vector tap` is asked for the events of some components. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vf::tapper {

/// What a component is decides whether its outputs or its inputs are watched: a sink has no outputs.
enum class ComponentRole { unknown, source, transform, sink };

/// The Vector on this host, as a tap runs it.
struct TapProgram {
  std::string executable;  ///< a path
  std::map<std::string, std::string> environment;
  bool grpc = false;  ///< 0.55 and later: another form of the URL, and events wrapped by their kind
};

/// What one subprocess is to watch.
struct TapOrder {
  std::uint16_t api_port = 0;
  std::vector<std::string> outputs_of;  ///< component ids, literal
  std::vector<std::string> inputs_of;
  std::chrono::milliseconds interval{100};  ///< Vector samples `limit` events of each such time, 100 ms at least
  unsigned limit = 200;
  std::chrono::milliseconds longest{0};  ///< after which it ends by itself, should nobody be left to end it
};

/// The pattern that matches this id and, if it can be said, no other: Vector takes globs. A comma, which separates
/// patterns on the command line, matches any one character.
[[nodiscard]] std::string literal_pattern(const std::string& component_id);

/// The arguments after the program's name.
[[nodiscard]] std::vector<std::string> tap_arguments(const TapOrder& order, bool grpc);

}  // namespace vf::tapper
