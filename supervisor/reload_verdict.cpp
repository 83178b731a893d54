#include "supervisor/reload_verdict.h"

#include <algorithm>
#include <array>

#include "supervisor/mask_secrets.h"
#include "supervisor/tidy_words.h"
#include "supervisor/vector_log_line.h"

namespace vf::supervisor {
namespace {

using Because = Refused::Because;
using Level = VectorLogLine::Level;

constexpr std::size_t max_kept_bytes = 64U << 10;  // of words, before they are masked and cut
constexpr std::string_view last_field = "internal_log_rate_limit=";

/// How Vector says that a reload has ended badly. src/internal_events/process.rs, src/topology/controller.rs and
/// src/config/loading of 0.54 and 0.57. The first that fits decides.
struct BadEnd {
  std::string_view target;   ///< prefix
  std::string_view message;  ///< prefix
  std::string_view detail;   ///< anywhere behind the message
  Because because;
};
constexpr std::array bad_ends = {
    BadEnd{"vector", "Failed to load config files, reload aborted.", "", Because::configuration},
    BadEnd{"vector", "Reload was not successful.", "restore_failed", Because::not_restored},
    BadEnd{"vector", "Reload was not successful.", "global_", Because::global_options},
    BadEnd{"vector", "Reload was not successful.", "", Because::configuration},
    BadEnd{"vector", "Vector has failed to recover from a failed reload.", "", Because::not_restored},
    // Then it exits at once, with status 78.
    BadEnd{"vector", "Config file not found in path.", "", Because::not_restored},
    // The API could not be started anew.
    BadEnd{"vector::topology::controller", "An error occurred that Vector couldn't handle", "", Because::not_restored},
};

std::optional<Because> bad_end(const VectorLogLine& line) {
  for (const BadEnd& end : bad_ends) {
    if (!line.target.starts_with(end.target) || !line.text.starts_with(end.message)) continue;
    if (line.text.find(end.detail, end.message.size()) != std::string::npos) return end.because;
  }
  return std::nullopt;
}

bool is_good_end(const VectorLogLine& line) {
  return line.target == "vector" && line.text.starts_with("Vector has reloaded.");
}

/// Components tell of their data by way of internal_events, and of their end by way of vector_common; what is left
/// speaks of the configuration.
bool tells_why(const VectorLogLine& line) {
  return line.level == Level::error && line.target.starts_with("vector::") &&
         !line.target.starts_with("vector::internal_events::");
}

}  // namespace

bool ReloadVerdict::Tally::grew(std::uint64_t now) {
  std::uint64_t growth = now >= read ? now - read : now;
  read = now;
  const std::uint64_t expected = std::min(growth, owed);
  owed -= expected;
  growth -= expected;
  return growth > 0;
}

void ReloadVerdict::begin() {
  waiting_ = true;
  verdict_.reset();
  words_.clear();
  record_.clear();
  record_open_ = false;
}

void ReloadVerdict::on_line(std::string_view line) {
  if (!waiting_) return;
  const std::string plain = without_colours(line);
  const auto parsed = parse_vector_log_line(plain);
  if (!parsed) {
    if (record_open_) keep(plain);
    return;
  }
  close_record();
  if (is_good_end(*parsed)) {
    ++reloads_.owed;
    return decide(Loaded{});
  }
  const auto because = bad_end(*parsed);
  if (!because) {
    if (tells_why(*parsed)) keep(parsed->text);
    if (plain.starts_with('{')) close_record();  // JSON has its newlines inside
    return;
  }
  if (parsed->target == "vector::internal_events::process") ++refusals_.owed;
  if (words_.empty()) keep(parsed->text);
  close_record();
  decide(Refused{*because, words()});
}

void ReloadVerdict::on_counters(ReloadCounters now) {
  const bool loaded = reloads_.grew(now.reloads);
  const bool refused = refusals_.grew(now.refusals);
  if (!waiting_ || loaded == refused) return;
  if (loaded) return decide(Loaded{});
  std::string said = words();
  if (said.empty()) said = "Vector counted a refused reload; its log level hides why";
  decide(Refused{Because::configuration, std::move(said)});
}

std::string ReloadVerdict::words() const {
  std::string all = words_;
  if (record_open_) all += vector_words(record_);
  return tidy_words(mask_secrets(std::move(all), secrets_));
}

void ReloadVerdict::keep(std::string_view text) {
  const std::size_t room = max_kept_bytes - std::min(max_kept_bytes, words_.size() + record_.size());
  if (record_open_ && room > 0) record_ += '\n';
  record_open_ = true;
  record_ += text.substr(0, room);
  // The record's last field: what follows is none of it, whatever it looks like.
  const std::size_t last = text.rfind(last_field);
  if (last != std::string_view::npos && text.find_first_of(" \n", last) == std::string_view::npos) close_record();
}

void ReloadVerdict::close_record() {
  if (!record_open_) return;
  if (!record_.empty()) words_.append(vector_words(record_)).append("\n");
  record_.clear();
  record_open_ = false;
}

void ReloadVerdict::decide(Verdict verdict) {
  verdict_ = std::move(verdict);
  waiting_ = false;
}

}  // namespace vf::supervisor
