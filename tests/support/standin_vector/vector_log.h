// Vector's own log on stderr: its line format, its levels (VECTOR_LOG) and its rate limit. The limit matters to who
// reads these lines: a message that comes twice within ten seconds is replaced by "Internal log [...] is being
// suppressed".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace standin::vlog {

enum class Level { trace, debug, info, warn, error, off };

/// Whether a line takes part in the rate limit; those that do not end with `internal_log_rate_limit=false`.
enum class Limit { yes, no };

/// `default_level` is what -v and -q chose; VECTOR_LOG wins. `json` is --log-format json (VECTOR_LOG_FORMAT).
void start(std::string_view default_level, bool json);

/// The one line that a real Vector would not print: printed first, whatever the level.
void banner(std::string_view version);

/// `fields` is `key=value key=value`; `span` is what stands before the target, such as source_span() below.
void write(Level level, std::string_view target, std::string_view message, std::string_view fields = {},
           Limit limit = Limit::yes, std::string_view span = {});

inline void info(std::string_view target, std::string_view message, std::string_view fields = {},
                 Limit limit = Limit::yes, std::string_view span = {}) {
  write(Level::info, target, message, fields, limit, span);
}
inline void error(std::string_view target, std::string_view message, std::string_view fields = {},
                  Limit limit = Limit::yes, std::string_view span = {}) {
  write(Level::error, target, message, fields, limit, span);
}

/// A line "Configuration error." for each.
void configuration_errors(std::string_view target, const std::vector<std::string>& errors);

/// source{component_kind="source" component_id=tcp component_type=socket}: (kind is source, transform or sink)
std::string span(std::string_view kind, std::string_view id, std::string_view type);

}  // namespace standin::vlog
