// Readers of options that name files and folders. Pure but for the injected OptionFiles; see Reading.
#pragma once

#include <string>
#include <string_view>

#include "agent/option_reading.h"

namespace vf::agent {

/// `path` without doubled and trailing '/' and without '.' components; "/" stays "/".
[[nodiscard]] std::string clean_path(std::string_view path);

/// Whether a component of `path` is "..".
[[nodiscard]] bool has_dot_dot(std::string_view path);

/// Whether the cleaned absolute `path` is `folder` or lies below it, going by the names alone.
[[nodiscard]] bool is_within(std::string_view path, std::string_view folder);

/// An absolute path of [A-Za-z0-9._/@+-] only: it is written into Vector's YAML, where anything else could be
/// interpreted. Stored cleaned.
void read_data_dir(const Reading& reading, std::string& into);

/// A path that no byte is wrong in; whether it exists is checked where it is used.
void read_program(const Reading& reading, std::string& into);

/// A readable file that holds a PEM block whose title contains `title` ("CERTIFICATE", "PRIVATE KEY").
void read_pem_file(const Reading& reading, std::string_view title, std::string& into);

/// The file's trimmed content becomes the token (read_token).
void read_token_file(const Reading& reading);

}  // namespace vf::agent
