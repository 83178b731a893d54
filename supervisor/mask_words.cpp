#include <algorithm>
#include <array>
#include <cstddef>

#include "supervisor/mask_yaml.h"
#include "supervisor/secret_reference.h"

namespace vf::supervisor {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view mask = "***";

constexpr std::array secret_parts = {
    std::string_view("password"),         std::string_view("passwd"),        std::string_view("passphrase"),
    std::string_view("secret"),           std::string_view("token"),         std::string_view("apikey"),
    std::string_view("accesskey"),        std::string_view("accountkey"),    std::string_view("sharedkey"),
    std::string_view("privatekey"),       std::string_view("signingkey"),    std::string_view("encryptionkey"),
    std::string_view("licensekey"),       std::string_view("routingkey"),    std::string_view("servicekey"),
    std::string_view("credential"),       std::string_view("authorization"), std::string_view("bearer"),
    std::string_view("connectionstring"), std::string_view("cookie"),        std::string_view("sharedaccesssignature")};
constexpr std::array secret_ends = {std::string_view("auth"), std::string_view("pass"),    std::string_view("pwd"),
                                    std::string_view("dsn"),  std::string_view("authkey"), std::string_view("pin"),
                                    std::string_view("salt"), std::string_view("writekey")};
constexpr std::array harmless_ends = {
    std::string_view("path"),  std::string_view("file"),     std::string_view("filename"),
    std::string_view("field"), std::string_view("endpoint"), std::string_view("url"),
    std::string_view("ttl"),   std::string_view("secs"),     std::string_view("name")};

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_quote(char c) {
  return c == '"' || c == '\'' || c == '`';
}
bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

/// The quote that ends what begins behind `begin`, or the end of the line.
std::size_t end_of_quoted(std::string_view text, std::size_t begin, char quote) {
  std::size_t i = begin;
  for (; i < text.size() && !is_line_end(text[i]); ++i) {
    if (text[i] == '\\' && quote == '"' && i + 1 < text.size() && !is_line_end(text[i + 1]))
      ++i;
    else if (text[i] == quote)
      break;
  }
  return i;
}

class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  std::string masked() {
    while (at_ < text_.size()) {
      if (text_[at_] == '\n') in_comment_ = false;
      if (text_[at_] == '#' && (at_ == 0 || is_blank(text_[at_ - 1]) || is_line_end(text_[at_ - 1])))
        in_comment_ = true;
      if (private_key() || user_info() || assigned()) continue;
      out_ += text_[at_++];
    }
    return std::move(out_);
  }

 private:
  void copy_to(std::size_t end) {
    out_ += text_.substr(at_, end - at_);
    at_ = end;
  }
  void hide_to(std::size_t end) {
    if (end > at_) out_ += is_reference(text_.substr(at_, end - at_)) ? text_.substr(at_, end - at_) : mask;
    at_ = end;
  }

  bool private_key() {
    if (text_[at_] != '-' || !text_.substr(at_).starts_with("-----BEGIN ")) return false;
    const std::size_t title = text_.find("-----", at_ + 11);
    if (title == npos || title > at_ + 80 || text_.substr(at_, title - at_).find("PRIVATE KEY") == npos) return false;
    const std::size_t end = text_.find("-----END ", title);
    const std::size_t tail = end == npos ? npos : text_.find("-----", end + 9);
    hide_to(tail == npos ? text_.size() : tail + 5);
    return true;
  }

  bool user_info() {
    if (text_[at_] != ':' || !text_.substr(at_).starts_with("://")) return false;
    copy_to(at_ + 3);
    std::size_t end = at_;
    std::size_t last_at = npos;
    for (; end < text_.size() && static_cast<unsigned char>(text_[end]) > 0x20 && !is_quote(text_[end]); ++end)
      if (text_[end] == '@') last_at = end;
    if (last_at == npos) return true;
    const std::string_view info = text_.substr(at_, last_at - at_);
    const std::size_t colon = info.find(':');
    if (colon != npos && is_reference(info.substr(colon + 1)) && is_reference(info.substr(0, colon)))
      copy_to(last_at);
    else
      hide_to(last_at);
    return true;
  }

  /// name: "literal", name=literal, Bearer literal, "name: literal".
  bool assigned() {
    if (!is_name_char(text_[at_]) || (at_ > 0 && is_name_char(text_[at_ - 1]))) return false;
    std::size_t end = at_;
    while (end < text_.size() && is_name_char(text_[end])) ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    const char opened = at_ > 0 && is_quote(text_[at_ - 1]) ? text_[at_ - 1] : '\0';
    copy_to(end);
    if ((name == "Bearer" || name == "Basic" || name == "bearer") && at_ < text_.size() && text_[at_] == ' ') {
      std::size_t stop = at_ + 1;
      while (stop < text_.size() && static_cast<unsigned char>(text_[stop]) > 0x20 && !is_quote(text_[stop])) ++stop;
      if (stop - at_ > 8) {
        copy_to(at_ + 1);
        hide_to(stop);
      }
      return true;
    }
    if (!is_secret_key(name)) return true;
    if (name.starts_with("--") && of_a_flag()) return true;
    std::size_t i = end;
    if (i < text_.size() && is_quote(text_[i])) ++i;
    if (i < text_.size() && text_[i] == ']') ++i;  // .["password"] = …
    while (i < text_.size() && is_blank(text_[i])) ++i;
    const std::size_t sign = i;
    while (i < text_.size() && (text_[i] == ':' || text_[i] == '=')) ++i;
    if (i == sign) return true;
    const bool close = i == end + 1 && text_[end] == '=';
    while (i < text_.size() && is_blank(text_[i])) ++i;
    if (i + 1 < text_.size() && (text_[i] == 's' || text_[i] == 'r') && is_quote(text_[i + 1])) ++i;  // VRL's
    if (i >= text_.size()) return true;
    copy_to(i);
    if (opened != '\0' && !is_quote(text_[end]) && text_[i] == opened) return true;  // the end of "token: "
    if (opened != '\0' && text_[end] == ':' && !is_quote(text_[i]))
      hide_to(end_of_quoted(text_, at_, opened));  // "X-Api-Key: literal", as an argument of a command
    else
      hide_value(close);
    return true;
  }

  /// --password literal; "--password", "literal".
  bool of_a_flag() {
    std::size_t i = at_;
    if (i < text_.size() && is_quote(text_[i])) ++i;
    if (i < text_.size() && text_[i] == ',') ++i;
    const std::size_t blank = i;
    while (i < text_.size() && is_blank(text_[i])) ++i;
    if (i == at_ || i >= text_.size() || is_line_end(text_[i])) return false;
    if (is_quote(text_[i])) {
      copy_to(i + 1);
      hide_to(end_of_quoted(text_, at_, text_[i]));
      return true;
    }
    if (i == blank || text_[i] == '-' || blank != at_) return false;
    copy_to(i);
    std::size_t end = i;
    while (end < text_.size() && static_cast<unsigned char>(text_[end]) > 0x20 && !is_quote(text_[end])) ++end;
    hide_to(end);
    return true;
  }

  void hide_value(bool close) {
    const char first = text_[at_];
    if (is_quote(first)) {
      copy_to(at_ + 1);
      return hide_to(end_of_quoted(text_, at_, first));
    }
    std::size_t end = at_;
    if (in_comment_) {
      while (end < text_.size() && !is_line_end(text_[end])) ++end;
      hide_to(end);
    } else if (close) {
      while (end < text_.size() && static_cast<unsigned char>(text_[end]) > 0x20 && !is_quote(text_[end]) &&
             std::string_view("&;,)}]").find(text_[end]) == npos)
        ++end;
      hide_to(end);
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_comment_ = false;
  std::string out_;
};

}  // namespace

bool is_secret_key(std::string_view key) {
  std::string plain;
  for (const char c : key)
    if (c != '_' && c != '-' && c != '.' && c != ' ')
      plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto ends = [&](std::string_view end) { return plain.ends_with(end); };
  if (std::any_of(harmless_ends.begin(), harmless_ends.end(), ends)) return false;
  if (plain == "sig" || plain == "crtkey") return true;  // of an Azure SAS URL; of a certificate
  return std::any_of(secret_ends.begin(), secret_ends.end(), ends) ||
         std::any_of(secret_parts.begin(), secret_parts.end(),
                     [&](std::string_view part) { return plain.find(part) != npos; });
}

std::string mask_words(std::string_view text) {
  return Words(text).masked();
}

}  // namespace vf::supervisor
