#include "agent/go_duration.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace vf::agent {
namespace {

using std::chrono::nanoseconds;

// Go's range is int64 nanoseconds; the one value more on the negative side is 2^63.
constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> kUnits{{
    {"ns", 1},
    {"us", 1'000},
    {"\u00b5s", 1'000},  // micro sign
    {"\u03bcs", 1'000},  // Greek mu, which keyboards and editors also produce
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<std::uint64_t> unit_of(std::string_view name) {
  for (const auto& [known, factor] : kUnits) {
    if (known == name) return factor;
  }
  return std::nullopt;
}

/// Takes the leading digits off `text`; nothing where they do not fit.
std::optional<std::uint64_t> take_whole(std::string_view& text) {
  std::uint64_t value = 0;
  while (!text.empty() && is_digit(text.front())) {
    if (value > kLimit / 10) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(text.front() - '0');
    if (value > kLimit) return std::nullopt;
    text.remove_prefix(1);
  }
  return value;
}

struct Fraction {
  std::uint64_t digits = 0;
  double scale = 1;  ///< the fraction is digits / scale
};

/// Takes the digits after a point off `text`. Those beyond what fits change nothing that a nanosecond could show.
Fraction take_fraction(std::string_view& text) {
  Fraction fraction;
  bool full = false;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    if (full) continue;
    if (fraction.digits > (kLimit - 1) / 10) {
      full = true;
      continue;
    }
    const std::uint64_t longer = fraction.digits * 10 + static_cast<std::uint64_t>(text.front() - '0');
    if (longer > kLimit) {
      full = true;
      continue;
    }
    fraction.digits = longer;
    fraction.scale *= 10;
  }
  return fraction;
}

std::string_view take_unit_name(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] != '.' && !is_digit(text[length])) ++length;
  const std::string_view name = text.substr(0, length);
  text.remove_prefix(length);
  return name;
}

constexpr const char* kForm = "not a duration: write numbers with a unit (ms, s, m, h), such as 5s or 1m30s";
constexpr const char* kTooLong = "longer than the 292 years a duration can hold";

/// `number` with `decimals` digits after the point, none of them a trailing zero; no point where none is left.
std::string with_fraction(std::uint64_t number, unsigned decimals) {
  std::string digits;
  bool seen = false;
  for (; decimals > 0; --decimals, number /= 10) {
    const std::uint64_t digit = number % 10;
    seen = seen || digit != 0;
    if (seen) digits.insert(digits.begin(), static_cast<char>('0' + digit));
  }
  return std::to_string(number) + (seen ? "." + digits : "");
}

}  // namespace

Result<nanoseconds> parse_go_duration(std::string_view text) {
  const auto refused = [&](std::string reason) {
    return Error{"read the duration \"" + std::string(text) + "\"", std::move(reason), 0};
  };

  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
    negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") return nanoseconds{0};
  if (rest.empty()) return refused(kForm);

  std::uint64_t total = 0;
  while (!rest.empty()) {
    if (rest.front() != '.' && !is_digit(rest.front())) return refused(kForm);
    const std::size_t before_whole = rest.size();
    const auto whole = take_whole(rest);
    if (!whole) return refused(kTooLong);
    bool any_digit = rest.size() != before_whole;

    Fraction fraction;
    if (!rest.empty() && rest.front() == '.') {
      rest.remove_prefix(1);
      const std::size_t before_fraction = rest.size();
      fraction = take_fraction(rest);
      any_digit = any_digit || rest.size() != before_fraction;
    }
    if (!any_digit) return refused(kForm);

    const std::string_view name = take_unit_name(rest);
    if (name.empty()) {
      return refused(rest.empty() ? "add a unit, as in " + std::string(text) + "s" : std::string(kForm));
    }
    const auto unit = unit_of(name);
    if (!unit) return refused("\"" + std::string(name) + "\" is no unit; the units are ns, us, ms, s, m and h");

    if (*whole > kLimit / *unit) return refused(kTooLong);
    std::uint64_t part = *whole * *unit;
    if (fraction.digits > 0) {
      // The same floating-point expression as in Go, so that both agree on the last nanosecond.
      part += static_cast<std::uint64_t>(static_cast<double>(fraction.digits) *
                                         (static_cast<double>(*unit) / fraction.scale));
      if (part > kLimit) return refused(kTooLong);
    }
    if (part > kLimit - total) return refused(kTooLong);
    total += part;
  }

  if (negative) {
    if (total == kLimit) return nanoseconds{std::numeric_limits<std::int64_t>::min()};
    return nanoseconds{-static_cast<std::int64_t>(total)};
  }
  if (total > kLimit - 1) return refused(kTooLong);
  return nanoseconds{static_cast<std::int64_t>(total)};
}

std::string format_go_duration(nanoseconds duration) {
  const std::int64_t signed_count = duration.count();
  // Unsigned negation is defined for the smallest value too.
  const std::uint64_t count = signed_count < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(signed_count)
                                               : static_cast<std::uint64_t>(signed_count);
  const std::string sign = signed_count < 0 ? "-" : "";
  if (count == 0) return "0s";
  if (count < 1'000) return sign + std::to_string(count) + "ns";
  if (count < 1'000'000) return sign + with_fraction(count, 3) + "\u00b5s";
  if (count < 1'000'000'000) return sign + with_fraction(count, 6) + "ms";

  const std::uint64_t minutes = count / 60'000'000'000;
  const std::string seconds = with_fraction(count % 60'000'000'000, 9) + "s";
  if (minutes == 0) return sign + seconds;
  if (minutes < 60) return sign + std::to_string(minutes) + "m" + seconds;
  return sign + std::to_string(minutes / 60) + "h" + std::to_string(minutes % 60) + "m" + seconds;
}

}  // namespace vf::agent
