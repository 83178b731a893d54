// JsonWriter: appends JSON to a string, without a tree in between (a heartbeat may be 100,000 numbers, and Boost.JSON's
// tree took 4 to 6 times as long for them). The caller keeps the nesting right; the writer puts the commas.
// Whatever bytes it is given, the output is valid UTF-8 and valid JSON without U+0000, which the server would lose.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vf::agent::vectorflow {

/// The largest whole number that every JavaScript check accepts (2^53 - 1): past it a number is rounded, at 2^63 the
/// server's database refuses it, and zod's int() refuses it from here on.
inline constexpr std::uint64_t largest_whole = (std::uint64_t{1} << 53) - 1;

class JsonWriter {
 public:
  /// Appends to `out`, which must outlive the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  /// A member's name that is plain ASCII in the code; anything from outside goes through text_key().
  void key(std::string_view name);
  void text_key(std::string_view name);

  /// Escaped as JSON.stringify does; NUL and what is not UTF-8 become U+FFFD.
  void text(std::string_view value);
  /// Clamped to largest_whole.
  void whole(std::uint64_t value);
  /// `value` must be finite: JSON has no word for the others.
  void number(double value);
  void boolean(bool value);
  /// JSON already: one value, or several with commas between them.
  void raw(std::string_view json);

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();

  std::string& out_;
  bool comma_ = false;  // a value was just completed on this level
};

}  // namespace vf::agent::vectorflow
