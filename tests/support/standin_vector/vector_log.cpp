#include "tests/support/standin_vector/vector_log.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>

#include "tests/support/standin_vector/text.h"

namespace standin::vlog {
namespace {

constexpr auto kRateLimitWindow = std::chrono::seconds(10);

struct Seen {
  std::chrono::steady_clock::time_point window_start;
  int suppressed = 0;
};

Level g_level = Level::info;
bool g_json = false;
std::map<std::string, Seen> g_seen;

Level parse_level(std::string_view text) {
  if (text == "trace") return Level::trace;
  if (text == "debug") return Level::debug;
  if (text == "warn" || text == "warning") return Level::warn;
  if (text == "error") return Level::error;
  if (text == "off") return Level::off;
  return Level::info;
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::trace:
      return "TRACE";
    case Level::debug:
      return "DEBUG";
    case Level::info:
      return " INFO";
    case Level::warn:
      return " WARN";
    case Level::error:
    case Level::off:
      break;
  }
  return "ERROR";
}

void emit(Level level, std::string_view target, std::string_view message, std::string_view fields,
          std::string_view span) {
  std::string line;
  if (g_json) {
    std::string_view name = name_of(level);
    if (name.front() == ' ') name.remove_prefix(1);
    line = "{\"timestamp\":" + quote(timestamp()) + ",\"level\":" + quote(name) + ",\"message\":" + quote(message) +
           ",\"fields\":" + quote(fields) + ",\"target\":" + quote(target) + "}\n";
  } else {
    line = timestamp();
    line.append(" ").append(name_of(level)).append(" ").append(span).append(target).append(": ").append(message);
    if (!fields.empty()) line.append(" ").append(fields);
    line += '\n';
  }
  write_all(STDERR_FILENO, line);
}

}  // namespace

void start(std::string_view default_level, bool json) {
  const char* wanted = std::getenv("VECTOR_LOG");
  const std::string level = wanted != nullptr ? wanted : std::string(default_level);
  // "info,vector::sources=debug": the bare level decides here, per-target directives do not exist in the stand-in.
  std::string_view rest = level;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const auto directive = rest.substr(0, comma);
    if (directive.find('=') == std::string_view::npos) g_level = parse_level(directive);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  g_json = json;
  info("vector::app", "Log level is enabled.", "level=" + quote(level));
}

void banner(std::string_view version) {
  emit(Level::warn, "standin_vector", "This is the stand-in of vf-agent, not a real Vector.",
       "version=" + quote(version), {});
}

void write(Level level, std::string_view target, std::string_view message, std::string_view fields, Limit limit,
           std::string_view span) {
  if (level < g_level) return;
  if (limit == Limit::no) {
    const std::string all = std::string(fields) + (fields.empty() ? "" : " ") + "internal_log_rate_limit=false";
    return emit(level, target, message, all, span);
  }
  const auto now = std::chrono::steady_clock::now();
  const std::string internal = "Internal log [" + std::string(message) + "] ";
  auto [entry, is_new] = g_seen.try_emplace(std::string(span) + std::string(target) + std::string(message), Seen{now});
  Seen& seen = entry->second;
  if (!is_new && now - seen.window_start < kRateLimitWindow) {
    if (++seen.suppressed == 1) emit(level, target, internal + "is being suppressed to avoid flooding.", {}, span);
    return;
  }
  if (seen.suppressed > 0) {
    emit(level, target, internal + "has been suppressed " + std::to_string(seen.suppressed) + " times.", {}, span);
  }
  seen = Seen{now};
  emit(level, target, message, fields, span);
}

void configuration_errors(std::string_view target, const std::vector<std::string>& errors) {
  for (const auto& problem : errors) error(target, "Configuration error.", "error=" + problem, Limit::no);
}

std::string span(std::string_view kind, std::string_view id, std::string_view type) {
  std::string text(kind);
  text.append("{component_kind=\"").append(kind).append("\" component_id=").append(id);
  text.append(" component_type=").append(type).append("}: ");
  return text;
}

}  // namespace standin::vlog
