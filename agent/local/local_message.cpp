#include "agent/local/local_message.h"

#include <algorithm>

#include "logbuf/safe_text.h"

namespace vf::agent {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text, bool plus_is_blank) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      plain += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      plain += plus_is_blank && text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

void read_path(std::string_view path, LocalRequest& request) {
  request.path = decode_path(path);
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) request.segments.push_back(decode_path(path.substr(0, end)));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
}

bool stays(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

}  // namespace

LocalAnswer error_answer(unsigned status, std::string_view sentence) {
  LocalAnswer answer;
  answer.status = status;
  // It quotes what was asked for, and that may be any bytes.
  std::string safe;
  logbuf::append_safe(safe, sentence, sentence.size() * logbuf::kReplacement.size());
  answer.body = "{\"error\":";
  append_json(answer.body, safe);
  answer.body += "}\n";
  return answer;
}

LocalAnswer stream_answer(std::unique_ptr<LineStream> stream) {
  LocalAnswer answer;
  answer.content_type = "application/x-ndjson";
  answer.stream = std::move(stream);
  return answer;
}

std::string decode_query(std::string_view text) {
  return decoded(text, true);
}

std::string decode_path(std::string_view text) {
  return decoded(text, false);
}

LocalRequest read_target(std::string_view method, std::string_view target) {
  LocalRequest request;
  request.method = method;
  const std::size_t question = target.find('?');
  read_path(target.substr(0, question), request);
  if (question == std::string_view::npos) return request;
  for (std::string_view rest = target.substr(question + 1); !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty())
      request.query[decode_query(pair.substr(0, equals))] =
          decode_query(pair.substr(std::min(equals + 1, pair.size())));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return request;
}

void append_json(std::string& to, std::string_view text) {
  to += '"';
  while (!text.empty()) {
    const auto end =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), stays) - text.begin());  // mostly all of it
    to.append(text.substr(0, end));
    if (end == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[end]);
    to += '\\';
    if (byte >= 0x20) {
      to += text[end];
    } else {
      to.append("u00").append(1, hex_digits[byte >> 4U]).append(1, hex_digits[byte & 0xFU]);
    }
    text.remove_prefix(end + 1);
  }
  to += '"';
}

}  // namespace vf::agent
