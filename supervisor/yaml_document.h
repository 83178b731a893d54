// YamlDocument: a pipeline's YAML, read from a copy without ${…} references, and the text as it was written. Brings
// yaml-cpp along: for .cpp files that may.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vf::supervisor {

struct YamlDocument {
  YAML::Node root;
  std::string plain;
  std::string_view written;

  /// Of what begins at this mark. yaml-cpp's marks count bytes of UTF-8, and no byte order mark.
  [[nodiscard]] std::size_t position(const YAML::Mark& mark) const {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    return (written.starts_with(byte_order_mark) ? byte_order_mark.size() : 0) + static_cast<std::size_t>(mark.pos);
  }

  /// The scalar with its ${…}, which the copy has other characters for.
  [[nodiscard]] std::string text_of(const YAML::Node& scalar) const {
    const std::string& value = scalar.Scalar();
    if (value.empty()) return value;
    const std::size_t begin = position(scalar.Mark());
    for (const std::size_t at : {begin, begin + 1})  // a quote stands before its text
      if (at < plain.size() && plain.compare(at, value.size(), value) == 0)
        return std::string(written.substr(at, value.size()));
    return value;  // escaped somehow: then it is what it says
  }
};

/// What YAML::LoadAll() answers, where it answers: of yaml-cpp 0.7 it never ends, and takes all memory, where a
/// document begins with a ',', as behind "{…}," (an easy slip in JSON). Two empty documents stand for any number above
/// one. Throws YAML::Exception where the text is no YAML.
[[nodiscard]] std::vector<YAML::Node> load_documents(const std::string& text);

/// Nothing where the text is not one document with a map. Throws YAML::Exception where it is no YAML.
[[nodiscard]] std::optional<YamlDocument> read_yaml(std::string_view yaml);

}  // namespace vf::supervisor
