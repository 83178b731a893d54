#include "supervisor/duration_words.h"

#include <algorithm>

namespace vf::supervisor {

std::string in_words(std::chrono::steady_clock::duration duration) {
  using namespace std::chrono;
  const auto tenths = std::max<long long>(0, duration_cast<milliseconds>(duration + 50ms).count() / 100);
  if (tenths < 600) return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
  const auto two = [](long long large, const char* of_large, long long small, const char* of_small) {
    const std::string words = std::to_string(large) + " " + of_large;
    return small == 0 ? words : words + " " + std::to_string(small) + " " + of_small;
  };
  const long long seconds = tenths / 10;
  if (seconds < 3600) return two(seconds / 60, "min", seconds % 60, "s");
  if (seconds < 86400) return two(seconds / 3600, "h", seconds % 3600 / 60, "min");
  return two(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

}  // namespace vf::supervisor
