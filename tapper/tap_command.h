// How `vector tap` is asked for the events of some components. Pure.
#pragma once

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

}  // namespace vf::tapper
