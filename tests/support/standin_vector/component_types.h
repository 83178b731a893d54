// Which component types the stand-in accepts and, for those it plays itself, which of their fields: a pipeline that the
// real Vector refuses for its form should not run here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace standin {

enum class Kind { source, transform, sink };

/// "source", "transform", "sink"
std::string_view name_of(Kind kind);

struct ComponentType {
  Kind kind;
  std::string_view name;
  std::vector<std::string_view> required;
  std::vector<std::string_view> optional;
  bool fields_known;  ///< false: a type the stand-in only passes through, whose fields it does not check
};

/// Null where there is no such type.
const ComponentType* find_type(Kind kind, std::string_view name);

/// "`filter`, `remap`, `route`", for Vector's "unknown variant" message.
std::string known_types(Kind kind);

}  // namespace standin
