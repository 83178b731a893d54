// ReloadVerdict: how a reload (SIGHUP) of one Vector ended, from what it logs and counts. One object lives as long as
// the process. Pure; the loop's thread.
//
// Lines decide at once: each end is logged in words of its own, at INFO where it is good, at ERROR where it is not, and
// never rate-limited. A log level may hide them (VECTOR_LOG=error hides the good end); then the counters decide, as
// late as they are read: vector_reloaded_total and vector_component_errors_total{error_code="config_load"|"reload"}.
//
// Fed with stderr only, which is where Vector logs; stdout carries what its console sinks print. With
// VECTOR_LOG_FORMAT=json Vector logs to stdout, so there the counters decide. A console sink told to use stderr can
// print a line that is Vector's own to the letter; nothing tells them apart.
//
// Loaded is what Vector said, not that all is well: a source that cannot bind its port ends the process right after,
// with status 0. A verdict may never come (a reload that hangs, a signal lost): the caller keeps a deadline. It must be
// longer than 30 s: so long Vector waits for a changed source to end (demo_logs: up to its interval), and acts on no
// signal meanwhile, SIGTERM included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace vf::supervisor {

struct Loaded {
  friend bool operator==(const Loaded&, const Loaded&) = default;
};

struct Refused {
  enum class Because {
    configuration,   ///< the new configuration; the old one runs on
    global_options,  ///< something changed that no reload can change; the old one runs on, a restart would do
    not_restored,    ///< and the old one could not be brought back: the process ends
  };
  Because because = Because::configuration;
  std::string reason;  ///< Vector's words, tidy and bounded (tidy_words.h), without secrets; never empty
  friend bool operator==(const Refused&, const Refused&) = default;
};

/// Of one reading of the process's metrics; an absent series is 0.
struct ReloadCounters {
  std::uint64_t reloads = 0;   ///< vector_reloaded_total
  std::uint64_t refusals = 0;  ///< vector_component_errors_total of error_code config_load and reload, summed
};

class ReloadVerdict {
 public:
  using Verdict = std::variant<Loaded, Refused>;

  /// `secrets` are those of the process; they are masked in reasons. Of a process that was not watched from its start,
  /// one reading must be given before the first begin(): what it counted so far is not this reload's.
  explicit ReloadVerdict(std::map<std::string, std::string> secrets) : secrets_(std::move(secrets)) {}

  /// SIGHUP is about to be sent. Nothing is decided any more. Not before the reload before has ended.
  void begin();

  /// A line of stderr, raw and without its line end, in the order they came. Lines are of interest between begin() and
  /// the verdict only; others cost nothing.
  void on_line(std::string_view line);

  /// Every reading, also when no reload is under way: it tells what was counted before. A counter that grew by more
  /// than the reloads whose end was read decides; where both did, neither does. A counter may fall: Vector forgets one
  /// that has not moved for 300 s (expire_metrics_secs), and then counts from 0 again.
  void on_counters(ReloadCounters now);

  [[nodiscard]] const std::optional<Verdict>& verdict() const { return verdict_; }

  /// The errors said since begin(), as a Refused would have them; "" where there are none. For a process that ends, or
  /// a deadline that passes, before there is a verdict.
  [[nodiscard]] std::string words() const;

 private:
  /// One counter: what was read last, and how many ends known from lines it has not shown yet.
  struct Tally {
    std::uint64_t read = 0;
    std::uint64_t owed = 0;
    bool grew(std::uint64_t now);
  };

  void keep(std::string_view text);
  void close_record();
  void decide(Verdict verdict);

  std::map<std::string, std::string> secrets_;
  bool waiting_ = false;
  std::optional<Verdict> verdict_;
  std::string words_;         // of finished records, bounded
  std::string record_;        // the error record being read
  bool record_open_ = false;  // lines that are no log lines of their own belong to it
  Tally reloads_, refusals_;
};

}  // namespace vf::supervisor
