// The page that VF_UI_ADDR serves: one document with its style and its script in it, put together from
// agent/local/page/ when the agent is built (page/embed.cmake). Text that never changes; any thread.
#pragma once

#include <string_view>

namespace vf::agent {

/// The whole document, UTF-8. Nothing in it is secret, and it names no other file.
[[nodiscard]] std::string_view page_html();

/// What is between its only <style> and </style>, and its only <script> and </script>: the very bytes whose hashes a
/// Content-Security-Policy has to name. Parts of page_html().
[[nodiscard]] std::string_view page_style();
[[nodiscard]] std::string_view page_script();

}  // namespace vf::agent
