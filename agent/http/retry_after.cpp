#include "agent/http/retry_after.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace vf::agent {
namespace {

using std::chrono::seconds;

constexpr seconds longest = std::chrono::hours(24) * 365;
constexpr std::string_view date_shape = "aaa, 00 aaa 0000 00:00:00 GMT";
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Only digits are handed in.
int number(std::string_view digits) {
  int value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

bool has_date_shape(std::string_view text) {
  return text.size() == date_shape.size() &&
         std::equal(text.begin(), text.end(), date_shape.begin(), [](char c, char s) {
           if (s == '0') return is_digit(c);
           if (s == 'a') return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
           return c == s;
         });
}

std::optional<std::chrono::sys_seconds> parse_date(std::string_view text) {
  if (!has_date_shape(text)) return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  if (month == months.end()) return std::nullopt;
  const std::chrono::year_month_day day(std::chrono::year(number(text.substr(12, 4))),
                                        std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
                                        std::chrono::day(static_cast<unsigned>(number(text.substr(5, 2)))));
  const int hour = number(text.substr(17, 2));
  const int minute = number(text.substr(20, 2));
  const int second = number(text.substr(23, 2));
  if (!day.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(hour) + std::chrono::minutes(minute) + seconds(second);
}

}  // namespace

std::optional<seconds> parse_retry_after(std::string_view value, std::chrono::system_clock::time_point now,
                                         std::string_view date_header) {
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  if (const auto date = parse_date(value)) {
    const auto asked = parse_date(date_header).value_or(std::chrono::floor<seconds>(now));
    return std::clamp(*date - asked, seconds(0), longest);
  }
  if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit)) return std::nullopt;
  std::int64_t delta = 0;
  const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), delta);
  if (fault == std::errc::result_out_of_range) return longest;
  return std::min(seconds(delta), longest);
}

}  // namespace vf::agent
