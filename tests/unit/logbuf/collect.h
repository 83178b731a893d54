// Collect: a LineSink that remembers, for tests.
#pragma once

#include <string>
#include <vector>

#include "logbuf/line_splitter.h"

namespace vf::logbuf {

struct Collect final : LineSink {
  void on_line(std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

using Lines = std::vector<std::string>;

}  // namespace vf::logbuf
