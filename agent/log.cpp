#include "agent/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

namespace vf::agent {
namespace {

/// Hands formatted lines to the Console, which has the lock and the thread.
class ConsoleSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit ConsoleSink(Console& console) : console_(console) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    console_.write_line(std::string_view(line.data(), line.size()));
  }
  void flush_() override {}

 private:
  Console& console_;
};

/// The level as a word of five letters, so that text lines align.
class LevelWord final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& to) override {
    std::string_view word = "INFO ";
    if (message.level == spdlog::level::debug) word = "DEBUG";
    if (message.level == spdlog::level::warn) word = "WARN ";
    if (message.level == spdlog::level::err) word = "ERROR";
    to.append(word.data(), word.data() + word.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<LevelWord>(); }
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string quoted(std::string_view text) { return boost::json::serialize(boost::json::string_view(text)); }

}  // namespace

struct Log::Impl {
  Impl(Console& to, LogLevel level, LogFormat as)
      : console(to), format(as), logger("vf-agent", std::make_shared<ConsoleSink>(to)) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc, "");
    if (format == LogFormat::text) {
      formatter->add_flag<LevelWord>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %* %v");
    } else {
      formatter->set_pattern(R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})");
    }
    logger.set_formatter(std::move(formatter));
    logger.set_level(spdlog_level(level));
  }
  Console& console;
  const LogFormat format;
  spdlog::logger logger;
};

Log::Log(Console& console, LogLevel level, LogFormat format) : impl_(std::make_unique<Impl>(console, level, format)) {}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view pipeline, std::string_view text) {
  const auto severity = spdlog_level(level);
  if (!impl_->logger.should_log(severity)) return;
  std::string message;
  if (impl_->format == LogFormat::text) {
    if (!pipeline.empty()) message.append("[").append(pipeline).append("] ");
    message.append(text);
    for (char& c : message)
      if (c == '\n') c = ' ';  // one entry is one line
  } else {
    if (!pipeline.empty()) message.append("\"pipeline\":").append(quoted(pipeline)).append(",");
    message.append("\"msg\":").append(quoted(text));
  }
  // Not a format string: braces in a message are the message's own.
  impl_->logger.log(severity, spdlog::string_view_t(message.data(), message.size()));
}

std::string Log::echo_head(std::string_view pipeline) const {
  if (impl_->format == LogFormat::text) return "[" + std::string(pipeline) + "] ";
  return R"({"from":"vector","pipeline":)" + quoted(pipeline) + R"(,"msg":)";
}

void Log::echo(const std::string& head, std::string_view line) {
  if (impl_->format == LogFormat::text) return impl_->console.write_line(head, line);
  impl_->console.write_line(head, quoted(line) + "}");
}

std::uint64_t Log::dropped() const { return impl_->console.dropped(); }

std::string Log::dropped_line(LogFormat format, std::uint64_t lines) {
  const std::string text = std::to_string(lines) + " lines dropped: this output is not read fast enough";
  if (format == LogFormat::text) return "… " + text;
  return R"({"level":"warning","msg":)" + quoted(text) + "}";
}

}  // namespace vf::agent
