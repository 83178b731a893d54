// DiagnosticsFiles: what goes into the archive of `vf-agent diagnostics`, without secrets. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/result.h"

namespace vf::agent {

class DiagnosticsFiles {
 public:
  /// `secrets`: values that must not be in it, beside those that read like one (likely_secrets.h).
  explicit DiagnosticsFiles(std::map<std::string, std::string> secrets) : secrets_(std::move(secrets)) {}

  /// `what` it is, for the index. Masked here.
  void add(const std::string& name, std::string content, const std::string& what);
  /// What could not be had, and why.
  void miss(const std::string& what, const std::string& why);

  /// All of it below the folder `top`, the index README.txt first. `at`: seconds since 1970.
  [[nodiscard]] Result<std::string> archive(const std::string& top, std::int64_t at) &&;

 private:
  struct File {
    std::string name, content, what;
  };
  [[nodiscard]] std::string masked(std::string text) const;
  [[nodiscard]] std::string masked_json(std::string text) const;
  [[nodiscard]] std::string index(const std::string& top) const;

  const std::map<std::string, std::string> secrets_;
  std::vector<File> files_;
  std::vector<std::string> missing_;
};

/// "edge" or "a%2fb": a pipeline's folder in the archive, from its id; short enough for any.
[[nodiscard]] std::string diagnostics_folder(const std::string& id, std::size_t number);

/// "2026-03-01T120000Z"
[[nodiscard]] std::string file_time(std::int64_t at);

}  // namespace vf::agent
