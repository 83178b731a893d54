#include "supervisor/validation_verdict.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <vector>

#include "supervisor/mask_secrets.h"
#include "supervisor/tidy_words.h"
#include "supervisor/vector_log_line.h"

namespace vf::supervisor {
namespace {

using Kind = ValidationVerdict::Kind;

constexpr std::size_t max_unknown_lines = 8;  // of what is told where nothing is known
constexpr int bad_configuration = 78;         // sysexits' EX_CONFIG

struct Said {
  std::vector<std::string> errors, warnings;
  std::vector<std::string> logged;  // errors in log lines
  std::vector<std::string> others;  // what is none of these, headings and the like left out
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
  }
  return lines;
}

bool is_ruler(std::string_view line) {
  return line.size() >= 3 && line.find_first_not_of('-') == std::string_view::npos;
}

bool is_heading(const std::vector<std::string_view>& lines, std::size_t i) {
  return i + 1 < lines.size() && is_ruler(lines[i + 1]) && lines[i].size() == lines[i + 1].size();
}

std::string_view without_indent(std::string_view line) {
  return line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

/// One pass: each line begins something, or goes on with what the one before was.
Said read(std::string_view plain) {
  Said said;
  std::vector<std::string>* current = &said.others;
  const auto begin = [&current](std::vector<std::string>* list, std::string_view text) {
    current = list;
    if (list != nullptr) list->emplace_back(text);
  };
  const auto lines = lines_of(plain);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (const auto logged = parse_vector_log_line(line)) {
      const bool tells = logged->level == VectorLogLine::Level::error && !logged->in_span;
      begin(tells ? &said.logged : nullptr, logged->text);
    } else if (line.starts_with("x ")) {
      begin(&said.errors, line.substr(2));
    } else if (line.starts_with("~ ")) {
      begin(&said.warnings, line.substr(2));
    } else if (line.starts_with("√ ") || is_ruler(line) || without_indent(line) == "Validated") {
      begin(nullptr, {});
    } else if (is_heading(lines, i)) {
      begin(nullptr, {});
    } else if (current == &said.others) {
      if (!line.empty()) current->emplace_back(line);
    } else if (current != nullptr) {
      current->back().append("\n").append(line);
    } else if (!line.empty()) {
      begin(&said.others, line);
    }
  }
  for (std::string& text : said.logged) text = vector_words(text);
  for (auto* list : {&said.errors, &said.warnings, &said.logged, &said.others})
    std::erase_if(*list, [](const std::string& text) { return text.find_first_not_of(" \t\n") == std::string::npos; });
  return said;
}

/// Each once: 0.57 compiles VRL twice, and says twice what is wrong with it.
std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  std::set<std::string_view> told;
  for (const std::string& part : parts) {
    const std::string_view bare = std::string_view(part).substr(0, part.find_last_not_of(" \t\n") + 1);
    if (told.insert(bare).second) text.append(bare).append("\n");
  }
  return text;
}

/// The host could not, whatever the configuration says: out of descriptors, memory, disk space, or an I/O error.
bool is_of_the_host(std::string_view error) {
  constexpr std::array<std::string_view, 8> codes = {"5", "11", "12", "23", "24", "28", "30", "122"};
  return std::any_of(codes.begin(), codes.end(), [error](std::string_view code) {
    return error.find("(os error " + std::string(code) + ")") != std::string_view::npos;
  });
}

/// Another validation was in the way: all of one data_dir make and remove the same <data_dir>/validate_tmp.
bool is_of_another(std::string_view error) {
  return error.find("failed to lock buffer.lock") != std::string_view::npos ||
         error.find("ledger I/O error: No such file") != std::string_view::npos;
}

/// Whoever called it did so with files that are not there, or with wrong options.
bool is_of_the_call(std::string_view error) {
  return error.starts_with("Config file not found in path.") || error.starts_with("No config file paths") ||
         (error.starts_with("The `") && error.find("` argument ") != std::string_view::npos);
}

bool judges(const std::vector<std::string>& errors) {
  return !errors.empty() && !std::all_of(errors.begin(), errors.end(), [](const std::string& error) {
    return is_of_the_host(error) || is_of_another(error) || is_of_the_call(error);
  });
}

std::string how_it_ended(const Said& said, ExitStatus status) {
  std::string text = "vector validate ended with " + in_words(status);
  const std::vector<std::string>& told = !said.errors.empty()   ? said.errors
                                         : !said.logged.empty() ? said.logged
                                                                : said.others;
  std::vector<std::string> first(told.begin(),
                                 told.begin() + static_cast<std::ptrdiff_t>(std::min(told.size(), max_unknown_lines)));
  if (!first.empty()) text += ": " + joined(first);
  return text;
}

}  // namespace

ValidationVerdict validation_verdict(std::string_view output, ExitStatus status,
                                     const std::map<std::string, std::string>& secrets) {
  const std::string plain = without_colours(output);
  const Said said = read(plain);
  ValidationVerdict verdict;
  std::string words;
  if (status.signal == 0 && status.code == 0) {
    verdict.kind = Kind::accepted;
    words = joined(said.warnings);
  } else if (status.signal == 0 && (status.code == bad_configuration || status.code == 1)) {
    const std::vector<std::string>& errors = said.errors.empty() ? said.logged : said.errors;
    // Words in a form that is not known yet are words all the same.
    const bool unmarked = errors.empty() && status.code == bad_configuration && !said.others.empty();
    if (judges(errors) || unmarked) {
      verdict.kind = Kind::refused;
      words = joined(unmarked ? said.others : errors);
    }
  }
  if (words.empty() && verdict.kind != Kind::accepted) words = how_it_ended(said, status);
  verdict.reason = tidy_words(mask_secrets(std::move(words), secrets));
  return verdict;
}

}  // namespace vf::supervisor
