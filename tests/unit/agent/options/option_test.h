// What the tests of options share: files that exist only here, and a short way to parse.
#pragma once

#include <cerrno>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/options_parse.h"

namespace vf::agent::test {

class FakeFiles final : public OptionFiles {
 public:
  explicit FakeFiles(std::map<std::string, std::string> files = {}) : files_(std::move(files)) {}
  [[nodiscard]] Result<std::string> read(const std::string& path) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return system_error("read " + path, ENOENT);
    return found->second;
  }

 private:
  std::map<std::string, std::string> files_;
};

using Args = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

/// Parses just what is given.
inline ParseOutcome parse_bare(const Args& args, const Environment& environment,
                               std::map<std::string, std::string> files = {}) {
  return parse_options(args, environment, FakeFiles(std::move(files)));
}

/// Parses with a VF_URL that is right, where none is given.
inline ParseOutcome parse(const Args& args, Environment environment, std::map<std::string, std::string> files = {}) {
  environment.emplace("VF_URL", "https://vf.example.com");
  return parse_bare(args, environment, std::move(files));
}

/// Parses one variable; the only mistake, "" where there is none.
inline std::string mistake_of(const std::string& name, const std::string& value,
                              std::map<std::string, std::string> files = {}) {
  const ParseOutcome outcome = parse({}, {{name, value}}, std::move(files));
  if (outcome.mistakes.empty()) return "";
  return outcome.mistakes.size() == 1 ? outcome.mistakes[0] : "several: " + outcome.mistakes[0] + outcome.mistakes[1];
}

}  // namespace vf::agent::test
