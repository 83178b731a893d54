#include "metrics/process_readings.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>

#include "metrics/counter.h"
#include "metrics/fields.h"
#include "metrics/proc_text.h"
#include "metrics/procfs.h"

namespace vf::metrics {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

std::optional<std::uint64_t> count_open_fds() {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir("/proc/self/fd"));
  if (!directory) return std::nullopt;
  std::uint64_t entries = 0;
  while (::readdir(directory.get()) != nullptr) ++entries;
  constexpr std::uint64_t dots_and_own = 3;  // ".", ".." and the descriptor of this listing
  return entries > dots_and_own ? entries - dots_and_own : 0;
}

std::optional<std::uint64_t> soft_fd_limit() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_cur;
}

}  // namespace

std::optional<ProcessReadings> parse_process_stat(std::string_view text, const KernelUnits& units,
                                                  std::uint64_t boot_time) {
  if (units.ticks_per_second <= 0 || units.page_bytes <= 0) return std::nullopt;
  // Field 2 is the program's name in parentheses, itself free to hold any character: the last ')' ends it.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 1);
  skip_fields(text, 11);  // 3 to 13
  const auto user = take_number<std::uint64_t>(text), system = take_number<std::uint64_t>(text);
  skip_fields(text, 6);  // 16 to 21
  const auto started = take_number<std::uint64_t>(text);
  const auto virtual_bytes = take_number<std::uint64_t>(text), resident_pages = take_number<std::uint64_t>(text);
  if (!user || !system || !started || !virtual_bytes || !resident_pages) return std::nullopt;

  const auto ticks = static_cast<double>(units.ticks_per_second);
  ProcessReadings readings;
  readings.cpu_seconds_total = (static_cast<double>(*user) + static_cast<double>(*system)) / ticks;
  readings.start_time_seconds = static_cast<double>(boot_time) + static_cast<double>(*started) / ticks;
  readings.virtual_bytes = *virtual_bytes;
  readings.resident_bytes = scale_counter(*resident_pages, static_cast<std::uint64_t>(units.page_bytes));
  return readings;
}

std::optional<ProcessReadings> read_own_process() {
  std::string text;
  if (read_proc_file("/proc/stat", text) != 0) return std::nullopt;
  const auto boot_time = parse_boot_time(text);
  if (!boot_time || read_proc_file("/proc/self/stat", text) != 0) return std::nullopt;
  auto readings = parse_process_stat(text, {::sysconf(_SC_CLK_TCK), ::sysconf(_SC_PAGESIZE)}, *boot_time);
  if (!readings) return std::nullopt;
  readings->open_fds = count_open_fds();
  readings->max_fds = soft_fd_limit();
  return readings;
}

}  // namespace vf::metrics
