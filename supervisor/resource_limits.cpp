#include "supervisor/resource_limits.h"

#include <array>
#include <utility>

namespace vf::supervisor {
namespace {

constexpr std::uint64_t kibi = 1024;
constexpr std::uint64_t least_memory = 16 * kibi * kibi;
constexpr std::uint64_t most_memory = kibi * kibi * kibi * kibi * kibi;
constexpr std::uint64_t least_cpu = cpu_period / 100;
constexpr long double most_cpus = 10000;

struct Number {
  long double value = 0;
  std::string_view unit;  // what stands behind it
};

/// Digits, with at most one '.' between digits; no sign, exponent or white space.
std::optional<Number> read_number(std::string_view text) {
  Number number;
  long double scale = 1;
  bool point = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !point && i > 0) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      if (point) scale /= 10;
      number.value = point ? number.value + (c - '0') * scale : number.value * 10 + (c - '0');
    } else {
      break;
    }
  }
  if (i == 0 || text[i - 1] == '.' || i > 30) return std::nullopt;
  number.unit = text.substr(i);
  return number;
}

std::string lower(std::string_view text) {
  std::string lowered;
  for (const char c : text) lowered += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lowered;
}

/// Bytes of one "", "b", "k", "ki", "kb", "kib", … in any case; 0 where it is none of them.
std::uint64_t bytes_of_unit(std::string_view text) {
  const std::string unit = lower(text);
  if (unit.empty() || unit == "b") return 1;
  const std::string rest = unit.substr(1);
  if (!rest.empty() && rest != "i" && rest != "b" && rest != "ib") return 0;
  switch (unit[0]) {
    case 'k':
      return kibi;
    case 'm':
      return kibi * kibi;
    case 'g':
      return kibi * kibi * kibi;
    case 't':
      return kibi * kibi * kibi * kibi;
    default:
      return 0;
  }
}

Error refused(std::string what, std::string reason) {
  return {"read " + std::move(what), std::move(reason), 0};
}

}  // namespace

Result<std::uint64_t> parse_memory_size(std::string_view text) {
  const std::string what = "a size of memory";
  const auto number = read_number(text);
  if (!number) return refused(what, "not a number with a unit behind it");
  const std::uint64_t unit = bytes_of_unit(number->unit);
  if (unit == 0) return refused(what, "\"" + std::string(number->unit) + "\" is no unit known here");
  const long double bytes = number->value * static_cast<long double>(unit);
  if (bytes < static_cast<long double>(least_memory))
    return refused(what, "less than 16 MiB, too little for a Vector; for no limit leave it unset");
  if (bytes > static_cast<long double>(most_memory)) return refused(what, "more than 1024 TiB");
  return static_cast<std::uint64_t>(bytes);
}

Result<std::uint64_t> parse_cpu(std::string_view text) {
  const std::string what = "a number of CPUs";
  const auto number = read_number(text);
  if (!number) return refused(what, "not a number");
  long double cpus = number->value;
  if (number->unit == "m") {
    cpus /= 1000;
  } else if (number->unit == "%") {
    cpus /= 100;
  } else if (!number->unit.empty()) {
    return refused(what, "\"" + std::string(number->unit) + "\" is no unit known here");
  }
  if (cpus > most_cpus) return refused(what, "more than 10000 CPUs");
  // A little more, because 0.3 in binary is less than that.
  const auto microseconds = static_cast<std::uint64_t>(cpus * static_cast<long double>(cpu_period) + 0.05L);
  if (microseconds < least_cpu) return refused(what, "less than 0.01 CPUs; for no limit leave it unset");
  return microseconds;
}

std::string cpu_max(std::uint64_t microseconds) {
  return std::to_string(microseconds) + " " + std::to_string(cpu_period);
}

std::string in_words_bytes(std::uint64_t bytes) {
  constexpr std::array<std::pair<const char*, std::uint64_t>, 4> units{
      {{" TiB", kibi * kibi * kibi * kibi}, {" GiB", kibi * kibi * kibi}, {" MiB", kibi * kibi}, {" KiB", kibi}}};
  for (const auto& [name, size] : units)
    if (bytes >= size && bytes % size == 0) return std::to_string(bytes / size) + name;
  return std::to_string(bytes) + " bytes";
}

}  // namespace vf::supervisor
