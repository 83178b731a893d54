// What `vector tap` says on stderr besides its log. Pure.
#pragma once

#include <string>
#include <string_view>

namespace vf::tapper {

struct TapRemark {
  enum class Kind {
    noise,      ///< its log
    matched,    ///< `pattern` matches a component from now on
    unmatched,  ///< `pattern` matches no component now; Vector tells when that has changed
    is_sink,    ///< `pattern` matches a sink, whose outputs cannot be tapped
    too_large,  ///< an event was, for a client of 0.55 and later (4 MiB): the tap ends of it
    other,      ///< worth showing where it ends
  };
  Kind kind = Kind::noise;
  std::string pattern;
};

[[nodiscard]] TapRemark read_remark(std::string_view line);

}  // namespace vf::tapper
