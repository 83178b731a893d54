#include "tests/support/standin_vector/glob.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace standin {
namespace {

struct Token {
  enum class Kind { character, any, sequence, within, except } kind = Kind::character;
  char32_t character = 0;
  std::vector<std::pair<char32_t, char32_t>> ranges;
};

/// One number a character; a byte that is no UTF-8 is one of its own.
std::u32string characters(std::string_view text) {
  std::u32string found;
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t size = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    char32_t value = size == 1 ? first : first & (0x7FU >> size);
    for (std::size_t i = 1; i < size && at + i < text.size(); ++i) {
      value = (value << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    found += value;
    at += size;
  }
  return found;
}

std::vector<std::pair<char32_t, char32_t>> ranges_of(std::u32string_view inside) {
  std::vector<std::pair<char32_t, char32_t>> found;
  while (!inside.empty()) {
    const bool range = inside.size() >= 3 && inside[1] == U'-';
    found.emplace_back(inside[0], inside[range ? 2 : 0]);
    inside.remove_prefix(range ? 3 : 1);
  }
  return found;
}

/// Nothing where the form is wrong.
std::optional<std::vector<Token>> parse(std::u32string_view rest) {
  using Kind = Token::Kind;
  std::vector<Token> tokens;
  while (!rest.empty()) {
    const char32_t first = rest.front();
    if (first == U'*') {
      const auto stars = std::min(rest.find_first_not_of(U'*'), rest.size());
      if (stars > 2 || (stars == 2 && (!tokens.empty() || rest.size() > 2))) return std::nullopt;
      tokens.push_back({Kind::sequence, 0, {}});
      rest.remove_prefix(stars);
    } else if (first == U'[') {
      const bool except = rest.size() > 1 && rest[1] == U'!';
      const std::size_t begin = except ? 2 : 1;
      // The first character inside is one even where it is `]`.
      const auto end = rest.find(U']', begin + 1);
      if (rest.size() <= begin || end == std::u32string_view::npos) return std::nullopt;
      tokens.push_back({except ? Kind::except : Kind::within, 0, ranges_of(rest.substr(begin, end - begin))});
      rest.remove_prefix(end + 1);
    } else {
      tokens.push_back({first == U'?' ? Kind::any : Kind::character, first, {}});
      rest.remove_prefix(1);
    }
  }
  return tokens;
}

bool fits(const Token& token, char32_t character) {
  const bool within = std::any_of(token.ranges.begin(), token.ranges.end(), [character](const auto& range) {
    return range.first <= character && character <= range.second;
  });
  switch (token.kind) {
    case Token::Kind::character:
      return token.character == character;
    case Token::Kind::within:
      return within;
    case Token::Kind::except:
      return !within;
    default:
      return true;
  }
}

bool matches(const std::vector<Token>& tokens, std::size_t from, std::u32string_view text) {
  for (; from < tokens.size(); ++from) {
    if (tokens[from].kind == Token::Kind::sequence) {
      for (std::size_t skip = 0; skip <= text.size(); ++skip) {
        if (matches(tokens, from + 1, text.substr(skip))) return true;
      }
      return false;
    }
    if (text.empty() || !fits(tokens[from], text.front())) return false;
    text.remove_prefix(1);
  }
  return text.empty();
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  const auto wanted = characters(pattern);
  const auto tokens = parse(wanted);
  return tokens && matches(*tokens, 0, characters(text));
}

}  // namespace standin
