#include "tests/support/standin_vector/output.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "tests/support/standin_vector/text.h"

extern char** environ;

namespace standin {
namespace {

constexpr std::size_t kNumberWidth = 12;
constexpr std::uint64_t kMaxLinesPerTick = 20'000;  // a reader that was away is not paid back at once

void print_line(int descriptor, const std::string& line) {
  write_all(descriptor, line + "\n");
}

void print_process() {
  print_line(STDERR_FILENO, "standin: process pid=" + std::to_string(::getpid()) +
                                " ppid=" + std::to_string(::getppid()) + " pgid=" + std::to_string(::getpgid(0)) +
                                " sid=" + std::to_string(::getsid(0)));
  char cwd[4096] = "?";
  if (::getcwd(cwd, sizeof cwd) != nullptr) print_line(STDERR_FILENO, std::string("standin: cwd ") + cwd);
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigBlk") || line.starts_with("SigIgn") || line.starts_with("NoNewPrivs")) {
      std::replace(line.begin(), line.end(), '\t', ' ');
      print_line(STDERR_FILENO, "standin: " + line);
    }
  }
}

void print_environment(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (name == "*") {
      std::vector<std::string> all;
      for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry, std::strcspn(*entry, "="));
      std::sort(all.begin(), all.end());
      print_line(STDERR_FILENO, "standin: env names " + quote_list(all));
      continue;
    }
    const char* value = std::getenv(name.c_str());
    print_line(STDERR_FILENO, "standin: env " + name + (value == nullptr ? " is unset" : "=" + std::string(value)));
  }
}

}  // namespace

ProcessFacts gather_process_facts() {
  ProcessFacts facts;
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return facts;
  while (const dirent* entry = ::readdir(folder)) {
    const int number = std::atoi(entry->d_name);
    if (entry->d_name[0] == '.' || number == ::dirfd(folder)) continue;
    char target[4096];
    const std::string path = "/proc/self/fd/" + std::string(entry->d_name);
    const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
    facts.descriptors.push_back(std::string(entry->d_name) + " -> " +
                                std::string(target, length > 0 ? static_cast<std::size_t>(length) : 0));
  }
  ::closedir(folder);
  std::sort(facts.descriptors.begin(), facts.descriptors.end());
  return facts;
}

void print_all(const Modes& modes, const ProcessFacts& facts) {
  if (modes.print_process) print_process();
  if (modes.list_fds) {
    for (const auto& descriptor : facts.descriptors) print_line(STDERR_FILENO, "standin: fd " + descriptor);
    print_line(STDERR_FILENO, "standin: fds " + std::to_string(facts.descriptors.size()));
  }
  print_environment(modes.print_env);
  for (const auto& line : modes.print) print_line(STDERR_FILENO, line);
  for (const auto& line : modes.print_stdout) print_line(STDOUT_FILENO, line);
  for (const auto& raw : modes.print_raw) write_all(raw.to_stdout ? STDOUT_FILENO : STDERR_FILENO, raw.bytes);
}

void FloodWriter::start(const Flood& flood) {
  flood_ = flood;
  started_ = std::chrono::steady_clock::now();
  written_ = 0;
  tick();
}

void FloodWriter::tick() {
  const auto elapsed = std::chrono::steady_clock::now() - started_;
  const bool over = flood_.duration.count() > 0 && elapsed >= flood_.duration;
  const double seconds = std::chrono::duration<double>(over ? flood_.duration : elapsed).count();
  const auto due = static_cast<std::uint64_t>(seconds * flood_.lines_per_second);
  write(std::min(due - std::min(due, written_), kMaxLinesPerTick));
  written_ = due;
  if (over) return;
  // A slow trickle wakes once a line, a flood a hundred times a second.
  timer_.expires_after(
      std::chrono::microseconds(static_cast<long long>(1e6 / std::min(flood_.lines_per_second, 100.0))));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void FloodWriter::write(std::uint64_t lines) {
  if (lines == 0) return;
  const std::string head = timestamp() + "  INFO standin::flood: flood n=";
  std::string line = head + std::string(kNumberWidth, '0');
  if (line.size() + 1 < flood_.bytes_per_line) line += " " + std::string(flood_.bytes_per_line - line.size() - 2, 'x');
  line += '\n';
  std::string batch;
  batch.reserve(std::min<std::uint64_t>(lines * line.size(), 1 << 20) + line.size());
  for (std::uint64_t i = 0; i < lines; ++i) {
    std::uint64_t rest = ++number_;
    for (std::size_t digit = kNumberWidth; digit > 0; --digit, rest /= 10) {
      line[head.size() + digit - 1] = static_cast<char>('0' + rest % 10);
    }
    batch += line;
    if (batch.size() >= 1 << 20) {
      write_all(flood_.to_stdout ? STDOUT_FILENO : STDERR_FILENO, batch);
      batch.clear();
    }
  }
  write_all(flood_.to_stdout ? STDOUT_FILENO : STDERR_FILENO, batch);
}

}  // namespace standin
