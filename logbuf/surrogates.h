// Escapes in JSON that name what other programs have no form for. Unpaired surrogates: JavaScript writes them (a string cut in the middle of a character), UTF-8 has no form
// for them, and simdjson refuses the whole text that holds one.
#pragma once

#include <cstddef>
#include <string>

namespace vf::logbuf {

/// Turns every \uD800..\uDFFF escape without its partner into \uFFFD, in place, and says how many there were.
/// Only meaningful for JSON; any other text is left in some state, never read past its end.
std::size_t mend_surrogates(std::string& json);

/// Likewise every \u0000, which PostgreSQL has no form for, becomes \uFFFD.
std::size_t mend_nuls(std::string& json);

}  // namespace vf::logbuf
