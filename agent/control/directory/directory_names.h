// Which names in a folder of pipelines mean something. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vf::agent {

enum class NameKind {
  pipeline,    ///< NAME.yaml
  secrets,     ///< NAME.env
  misspelled,  ///< would be one of both under another name; `hint` says which
  ignored,     ///< none of ours: other endings, hidden files, what editors and kubelet leave (.x.swp, x~, #x#, ..data)
};

struct FileName {
  NameKind kind = NameKind::ignored;
  std::string pipeline;  ///< NAME, of a pipeline or its secrets: 1 to 200 of [A-Za-z0-9._-], not beginning with '.'
  std::string hint;      ///< of a misspelled one: what to do about it
};

[[nodiscard]] FileName classify(std::string_view name);

/// Whether a change of this name can change what is wanted: whatever is not ignored, and "..data", the link that
/// kubelet swaps when a mounted ConfigMap or Secret changes.
[[nodiscard]] bool is_of_interest(std::string_view name);

}  // namespace vf::agent
