#include "tests/support/standin_vector/validate.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "tests/support/standin_vector/config.h"
#include "tests/support/standin_vector/text.h"

namespace standin {
namespace {

/// The layout of the real one's report: titles underlined, a rule as wide as the widest line above "Validated".
class Report {
 public:
  void success(const std::string& text) { print("√ " + text + "\n"); }
  void error(const std::string& text) { print("x " + text + "\n"); }
  void failed(const std::string& title, const std::vector<std::string>& errors) {
    space();
    print(title + "\n" + std::string(title.size(), '-') + "\n");
    for (const auto& error_text : errors) error(error_text);
    space();
  }
  void validated() const {
    const std::string padding(width_ > 9 ? width_ - 9 : 0, ' ');
    write_all(STDOUT_FILENO, std::string(width_, '-') + "\n" + padding + "Validated\n");
  }

 private:
  void space() {
    if (space_due_) write_all(STDOUT_FILENO, "\n");
    space_due_ = false;
  }
  void print(const std::string& text) {
    std::size_t width = 0;
    for (const char c : text) {
      if (c == '\n')
        width = 0;
      else if ((c & 0xC0) != 0x80)
        width_ = std::max(width_, ++width);  // characters, not bytes
    }
    space_due_ = true;
    write_all(STDOUT_FILENO, text);
  }

  std::size_t width_ = 0;
  bool space_due_ = false;
};

bool validate_environment(const Config& config, Report& report) {
  // The real one builds every component in a scratch folder of the data_dir, so that has to be there.
  const std::string error = data_dir_error(config.data_dir());
  if (!error.empty()) return report.error(error), false;
  const auto scratch = std::filesystem::path(config.data_dir()) / "validate_tmp";
  std::error_code ignored;
  std::filesystem::create_directories(scratch, ignored);
  const auto errors = check_vrl(config);
  std::filesystem::remove_all(scratch, ignored);
  if (!errors.empty()) return report.failed("Component errors", errors), false;
  report.success("Component configuration");
  return true;
}

}  // namespace

int validate(const CommandLine& line, const Dialect& dialect) {
  Report report;
  std::vector<std::string> paths;
  for (const auto& config : line.configs) paths.push_back(config.path);
  auto loaded = load_config(line.configs, line.interpolate, dialect);
  if (loaded.config) std::this_thread::sleep_for(loaded.config->modes.validate_delay);
  if (loaded.config && loaded.config->modes.refuse_config.at_validate) {
    loaded.errors.push_back(loaded.config->modes.refuse_config.words);
  }
  if (!loaded.errors.empty()) {
    report.failed("Failed to load " + quote_list(paths), loaded.errors);
    return kExitConfig;
  }
  report.success("Loaded " + quote_list(paths));
  bool valid = true;
  if (!line.no_environment) {
    valid = validate_environment(*loaded.config, report);
    for (const auto& component : loaded.config->components) {
      if (valid && !line.skip_healthchecks && component.kind == Kind::sink) {
        report.success("Health check " + quote(component.id));
      }
    }
  } else if (dialect.compiles_vrl_without_environment()) {
    const auto errors = check_vrl(*loaded.config);
    valid = errors.empty();
    if (valid)
      report.success("Transforms configuration");
    else
      report.failed("Transform errors", errors);
  }
  if (!valid) return kExitConfig;
  report.validated();
  return 0;
}

}  // namespace standin
