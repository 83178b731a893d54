// Patterns as Rust's `glob` crate reads them, which Vector's tap uses: `*`, `?`, `[abc]`, `[a-z]` and `[!a]`, and no
// backslash. A pattern of a wrong form matches nothing, silently.
#pragma once

#include <string_view>

namespace standin {

/// Whether the whole of `text` (UTF-8) matches; false too where the pattern is of a wrong form.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace standin
