#include "agent/commands/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace vf::agent {
namespace {

std::string variable(const std::map<std::string, std::string>& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

}  // namespace

Terminal look_at_output(const std::map<std::string, std::string>& environment) {
  Terminal terminal;
  terminal.is_one = ::isatty(STDOUT_FILENO) != 0;
  winsize size{};
  if (terminal.is_one && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    terminal.style.width = size.ws_col;
    terminal.rows = size.ws_row;
  }
  const std::string asked = variable(environment, "COLUMNS");
  std::size_t width = 0;
  if (std::from_chars(asked.data(), asked.data() + asked.size(), width).ec == std::errc() && width > 0)
    terminal.style.width = width;
  terminal.style.colour =
      terminal.is_one && variable(environment, "NO_COLOR").empty() && variable(environment, "TERM") != "dumb";
  return terminal;
}

bool print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return true;
  complain(system_error("write to the standard output", errno), 1);
  return false;
}

int complain(std::string_view words, int code) {
  const std::string shown = ::isatty(STDERR_FILENO) != 0 ? harmless(words) : std::string(words);
  std::fprintf(stderr, "vf-agent: %s\n", shown.c_str());
  return code;
}

int complain(const Error& error, int code) {
  return complain(error.message(), code);
}

}  // namespace vf::agent
