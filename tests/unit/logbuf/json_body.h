// The JSON body of a LogBatch, written the plain way, for tests that compare its size with what was estimated.
#pragma once

#include <string>
#include <string_view>

#include "logbuf/log_batch.h"

namespace vf::logbuf {

inline std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char digits[] = "0123456789abcdef";
      out += std::string("\\u00") + digits[c >> 4] + digits[c & 15];
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

inline std::string json_body(const LogBatch& batch) {
  std::string out = "[";
  for (const LogEntry& entry : batch.entries) {
    if (out.size() > 1) out += ",";
    out += R"({"pipelineId":)" + json_string(entry.pipeline_id) + R"(,"lines":[)";
    for (const std::string& line : entry.lines) {
      if (&line != &entry.lines.front()) out += ",";
      out += json_string(line);
    }
    out += "]}";
  }
  return out + "]";
}

}  // namespace vf::logbuf
