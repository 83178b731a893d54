// A program in the place of `vector tap`, for tests: a shell script that sees the arguments and prints.
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "tapper/tap_command.h"
#include "tapper/tapper.h"
#include "tests/unit/supervisor/temp_folder.h"

namespace vf::tapper::test {

/// One line as 0.54 prints it with --meta.
inline std::string meta(const std::string& component, const std::string& event) {
  return R"({"component_id":")" + component + R"(","component_kind":"source","component_type":"x","event":)" + event +
         "}";
}

/// What both dialects print where nobody, or a Vector of the other one, listens at the URL; it ends with status 69
/// then.
constexpr const char* unreachable = R"(cat >&2 <<END
2026-11-21T22:15:01.235163Z  INFO vector::app: Log level is enabled. level="info"
Vector API server isn't reachable (http://127.0.0.1:8688/).

Have you enabled the API?

To enable the API, add the following to your Vector config file:

[api]
    enabled = true
END
exit 69
)";

class FakeTap {
 public:
  /// `script` is /bin/sh; its arguments are those of the tap. Each start is noted in a file.
  explicit FakeTap(const std::string& script) : path_(folder_.path() + "/vector"), log_(folder_.path() + "/starts") {
    std::ofstream(path_) << "#!/bin/sh\necho \"$$ $*\" >> " << log_ << "\n" << script << "\n";
    ::chmod(path_.c_str(), 0755);
  }
  [[nodiscard]] TapProgram program() const { return {path_, {{"PATH", "/usr/bin:/bin"}}, false}; }
  /// "PID ARGUMENTS" of each start so far.
  [[nodiscard]] std::vector<std::string> starts() const {
    std::ifstream file(log_);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  [[nodiscard]] pid_t pid(std::size_t start) const { return std::stoi(starts().at(start)); }

 private:
  supervisor::test::TempFolder folder_;
  std::string path_, log_;
};

struct Seen final : Viewer {
  void on_event(std::string_view json) override { events.emplace_back(json); }
  void on_dropped(std::uint64_t count) override { dropped += count; }
  void on_notice(std::string_view text) override { notices.emplace_back(text); }
  void on_end(std::string_view reason) override { ends.emplace_back(reason); }
  std::vector<std::string> events, notices, ends;
  std::uint64_t dropped = 0;
};

}  // namespace vf::tapper::test
