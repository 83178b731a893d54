#include "agent/option_paths.h"

#include <algorithm>

#include "agent/option_kinds.h"
#include "agent/shown_value.h"

namespace vf::agent {
namespace {

/// Calls `visit` for each component between slashes, empty ones included.
template <typename Visit>
void each_component(std::string_view path, Visit visit) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    visit(path.substr(begin, end - begin));
    begin = end + 1;
  }
}

bool holds_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace

std::string clean_path(std::string_view path) {
  std::string clean;
  each_component(path, [&](std::string_view component) {
    if (component.empty() || component == ".") return;
    if (!clean.empty() || path.starts_with('/')) clean += '/';
    clean += component;
  });
  return clean.empty() && path.starts_with('/') ? "/" : clean;
}

bool has_dot_dot(std::string_view path) {
  bool found = false;
  each_component(path, [&](std::string_view component) { found = found || component == ".."; });
  return found;
}

bool is_within(std::string_view path, std::string_view folder) {
  if (folder == "/") return path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

void read_data_dir(const Reading& reading, std::string& into) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/@+-";
  const std::string_view text = reading.text;
  if (!text.starts_with('/')) return reading.mistake("not an absolute path");
  if (const std::size_t at = text.find_first_not_of(kAllowed); at != std::string_view::npos) {
    return reading.mistake(shown_value(text.substr(at, 1)) +
                           " is not allowed in it, as Vector's configuration will hold this path");
  }
  if (has_dot_dot(text)) return reading.mistake("holds '..'");
  const std::string path = clean_path(text);
  if (path == "/") return reading.mistake("the agent needs a folder of its own");
  into = path;
}

void read_program(const Reading& reading, std::string& into) {
  if (holds_control_character(reading.text)) return reading.mistake("holds a control character");
  if (reading.text.ends_with('/')) return reading.mistake("names a folder, not a program");
  into = reading.text;
}

void read_pem_file(const Reading& reading, std::string_view title, std::string& into) {
  const std::string path(reading.text);
  const auto content = reading.files.read(path);
  if (!content) return reading.mistake(content.error().message());
  // "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN TRUSTED CERTIFICATE-----": the title may begin with more words.
  const std::string& pem = content.value();
  constexpr std::string_view kBegin = "-----BEGIN ";
  for (std::size_t at = pem.find(kBegin); at != std::string::npos; at = pem.find(kBegin, at + 1)) {
    const std::string_view line(pem.data() + at, std::min(pem.find('\n', at), pem.size()) - at);
    if (line.find(title) != std::string_view::npos) {
      into = path;
      return;
    }
  }
  reading.mistake("the file holds no \"-----BEGIN " + std::string(title) + "-----\"");
}

void read_token_file(const Reading& reading) {
  if (looks_like_token(reading.text)) return reading.mistake("this is a token, not the name of a file that holds one");
  const auto content = reading.files.read(std::string(reading.text));
  if (!content) return reading.mistake(content.error().message());
  read_token(reading, trimmed(content.value()));
}

}  // namespace vf::agent
