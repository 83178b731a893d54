// Whatever a configuration holds: a secret that stands behind it as its last line is not shown.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "supervisor/component_graph.h"
#include "supervisor/mask_yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)vf::supervisor::component_graph(text);
  const std::string words = vf::supervisor::mask_words(text);
  (void)vf::supervisor::mask_words(words);
  if (text.find("planted") != std::string::npos) return 0;
  const std::string shown = vf::supervisor::mask_yaml(text + "\npassword: planted-9f3\n");
  if (shown.find("planted-9f3") != std::string::npos) std::abort();
  return 0;
}
