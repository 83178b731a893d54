#include "agent/control/vectorflow/json_writer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

#include "agent/control/vectorflow/utf8.h"

namespace vf::agent::vectorflow {

namespace {

// Bytes that are copied as they are; the others are escaped, replaced, or begin a character that must be checked.
constexpr auto plain_bytes = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x80; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

bool plain(char byte) {
  return plain_bytes[static_cast<unsigned char>(byte)];
}

void append_escaped(std::string& out, char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\0':
      out += replacement_character;
      return;
    default:
      break;
  }
  constexpr std::string_view hex = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(byte);
  out += "\\u00";
  out += hex[code >> 4];
  out += hex[code & 0xF];
}

void append_text(std::string& out, std::string_view value) {
  out += '"';
  while (!value.empty()) {
    const auto run = static_cast<std::size_t>(std::find_if_not(value.begin(), value.end(), plain) - value.begin());
    out.append(value, 0, run);
    value.remove_prefix(run);
    if (value.empty()) break;

    if (static_cast<unsigned char>(value.front()) < 0x80) {
      append_escaped(out, value.front());
      value.remove_prefix(1);
    } else {
      const Utf8Character character = first_character(value);
      out += character.valid ? value.substr(0, character.bytes) : replacement_character;
      value.remove_prefix(character.bytes);
    }
  }
  out += '"';
}

}  // namespace

void JsonWriter::separate() {
  if (comma_) out_ += ',';
}

void JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  comma_ = false;
}

void JsonWriter::close(char bracket) {
  out_ += bracket;
  comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  separate();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  comma_ = false;
}

void JsonWriter::text_key(std::string_view name) {
  separate();
  append_text(out_, name);
  out_ += ':';
  comma_ = false;
}

void JsonWriter::text(std::string_view value) {
  separate();
  append_text(out_, value);
  comma_ = true;
}

void JsonWriter::whole(std::uint64_t value) {
  separate();
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), std::min(value, largest_whole)).ptr;
  out_.append(digits.data(), end);
  comma_ = true;
}

void JsonWriter::number(double value) {
  assert(std::isfinite(value));
  separate();
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
  out_.append(digits.data(), end);
  comma_ = true;
}

void JsonWriter::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
  comma_ = true;
}

void JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
  comma_ = true;
}

}  // namespace vf::agent::vectorflow
