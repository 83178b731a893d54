// Retry-After (RFC 9110, 10.2.3): how long a server asks to be left alone.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace vf::agent {

/// `value` is "120" or "Fri, 31 Dec 1999 23:59:59 GMT"; a date is counted from `date`, the answer's own Date header, as
/// the server's clock may be another than ours; from `now` where that is none. One in the past is 0 s.
/// Beyond a year is a year. nullopt for anything else, the two date formats that RFC 9110 calls obsolete included.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                                    std::chrono::system_clock::time_point now,
                                                                    std::string_view date = {});

}  // namespace vf::agent
