#include "supervisor/mask_secrets.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <vector>

namespace vf::supervisor {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view hex = "0123456789abcdef";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

/// Inside double quotes. JSON, YAML and Rust agree on all but control characters and the slash, which JSON may escape.
std::string in_double_quotes(std::string_view value, bool rust) {
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append("\\").append(1, c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else if (rust) {
      out += "\\u{";
      if (byte >= 0x10) out += hex[byte >> 4U];
      out.append(1, hex[byte & 0xFU]).append("}");
    } else {
      out.append("\\u00").append(1, hex[byte >> 4U]).append(1, hex[byte & 0xFU]);
    }
  }
  return out;
}

std::string in_single_quotes(std::string_view value) {
  std::string out;
  for (const char c : value) out.append(c == '\'' ? 2 : 1, c);
  return out;
}

void add(std::set<std::string>& patterns, std::string_view value) {
  for (const std::string& form :
       {std::string(value), in_double_quotes(value, false), in_double_quotes(value, true), in_single_quotes(value)}) {
    if (form.empty()) continue;
    if (value.size() >= min_masked_bytes) {
      patterns.insert(form);
    } else {
      for (const char quote : {'"', '\'', '`'}) patterns.insert(quote + form + quote);
    }
  }
}

/// All that stands for this value in a text.
void add_forms(std::set<std::string>& patterns, std::string_view value) {
  add(patterns, value);
  add(patterns, trimmed(value));
  if (value.find('\n') == npos) return;
  while (!value.empty()) {
    const std::string_view line = value.substr(0, value.find('\n'));
    value.remove_prefix(std::min(line.size() + 1, value.size()));
    if (const std::string_view bare = trimmed(line); bare.size() >= min_masked_line_bytes) add(patterns, bare);
  }
}

}  // namespace

std::string mask_secrets(std::string text, const std::map<std::string, std::string>& secrets) {
  return SecretMask(secrets).apply(std::move(text));
}

SecretMask::SecretMask(const std::map<std::string, std::string>& secrets) {
  for (const auto& [name, value] : secrets) add_forms(patterns_, value);
}

std::string SecretMask::apply(std::string text) const {
  // Occurrences are marked first and replaced together: where two overlap, a replaced one would hide the other's rest.
  std::vector<bool> secret;
  bool any = false;
  for (const std::string& pattern : patterns_) {
    std::size_t marked = 0;
    for (std::size_t at = text.find(pattern); at != npos; at = text.find(pattern, at + 1)) {
      secret.resize(text.size());
      for (std::size_t i = std::max(at, marked); i < at + pattern.size(); ++i) secret[i] = true;
      marked = at + pattern.size();
      any = true;
    }
  }
  if (!any) return text;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!secret[i]) {
      out += text[i];
    } else if (i == 0 || !secret[i - 1]) {
      out += "***";
    }
  }
  return out;
}

}  // namespace vf::supervisor
