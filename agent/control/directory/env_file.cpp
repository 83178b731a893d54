#include "agent/control/directory/env_file.h"

#include <algorithm>
#include <utility>

namespace vf::agent {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}
bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  EnvFile run() {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
    while (!rest_.empty() && file_.error.empty()) read_line();
    if (!file_.error.empty()) file_.values.clear();
    return std::move(file_);
  }

 private:
  void fail(std::size_t line, std::string why) {
    file_.error_line = line;
    file_.error = std::move(why);
  }

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  /// Takes what is left of the current line, without its end.
  std::string_view take_line() {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    return line;
  }

  std::string take_name() {
    std::size_t length = 0;
    while (length < rest_.size() && (is_letter(rest_[length]) || (length > 0 && is_digit(rest_[length])))) ++length;
    std::string name(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return name;
  }

  void read_line() {
    const std::size_t line = line_;
    skip_blanks();
    if (rest_.empty() || rest_.front() == '\n' || rest_.front() == '#' || rest_.front() == ';') {
      take_line();
      return;
    }
    std::string name = take_name();
    if (name == "export" && !rest_.empty() && is_blank(rest_.front())) {
      skip_blanks();
      name = take_name();
    }
    if (name.empty()) return fail(line, "a line begins with the name of a variable (letters, digits and '_'), or '#'");
    if (rest_.empty() || rest_.front() != '=') {
      return fail(line, "expected '=' right after " + name + ", as in " + name + "=value");
    }
    rest_.remove_prefix(1);
    // The blanks before a value are kept for take_plain, which must see whether there are any before a '#'.
    const std::size_t first = std::min(rest_.find_first_not_of(" \t"), rest_.size());
    if (first < rest_.size() && (rest_[first] == '\'' || rest_[first] == '"')) rest_.remove_prefix(first);
    std::string value;
    const bool quoted = !rest_.empty() && (rest_.front() == '\'' || rest_.front() == '"');
    if (quoted ? !take_quoted(name, value) : !take_plain(name, value)) return;
    if (value.find('\0') != std::string::npos) return fail(line, "the value of " + name + " holds a NUL byte");
    if (const auto [known, added] = lines_.emplace(name, line); !added) {
      return fail(line, name + " is set in line " + std::to_string(known->second) + " already");
    }
    file_.values.emplace(std::move(name), std::move(value));
  }

  bool take_plain(const std::string& name, std::string& value) {
    const std::size_t line = line_;
    std::string_view text = take_line();
    // A comment to a shell, part of the value to docker and systemd.
    if (text.find(" #") != std::string_view::npos || text.find("\t#") != std::string_view::npos) {
      fail(line, "a '#' after white space in the value of " + name +
                     ": put the value into quotes, a comment on its own line");
      return false;
    }
    // An escape to a shell and to systemd, itself to docker.
    if (text.find('\\') != std::string_view::npos) {
      fail(line, "a '\\' in the value of " + name + ": put the value into single quotes");
      return false;
    }
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    value = text;
    return true;
  }

  bool take_quoted(const std::string& name, std::string& value) {
    const std::size_t first_line = line_;
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    for (;;) {
      if (rest_.empty()) {
        fail(first_line, std::string("the ") + quote + " that begins the value of " + name + " is never closed");
        return false;
      }
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == quote) break;
      if (c == '\n') ++line_;
      if (c == '\r' && rest_.starts_with('\n')) continue;
      const bool escape = quote == '"' && c == '\\' && !rest_.empty();
      if (escape && std::string_view("\"\\$`").find(rest_.front()) != std::string_view::npos) {
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      value += c;
    }
    const std::size_t last_line = line_;
    if (!take_line().empty()) {
      fail(last_line, "something follows the closing quote of " + name);
      return false;
    }
    return true;
  }

  std::string_view rest_;
  std::size_t line_ = 1;
  std::map<std::string, std::size_t> lines_;  // where each name was set
  EnvFile file_;
};

}  // namespace

EnvFile parse_env_file(std::string_view text) {
  return Parser(text).run();
}

}  // namespace vf::agent
