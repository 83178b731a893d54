#include "agent/option_reading.h"

#include "agent/shown_value.h"

namespace vf::agent {

std::string Reading::subject() const {
  return secret ? std::string(who) : std::string(who) + " is " + shown_value(text);
}

void Reading::mistake(std::string_view why) const {
  mistakes.push_back(subject() + ": " + std::string(why) + "; it takes " + std::string(takes));
}

void Reading::warning(std::string_view what) const {
  warnings.push_back(subject() + ": " + std::string(what));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace vf::agent
