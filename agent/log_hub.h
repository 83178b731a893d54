// LogHub: where the lines of all pipelines meet. Each pipeline has a ring of its last 500 lines, which outlives its
// processes; each line is echoed to the agent's own output as well. Loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/log.h"
#include "logbuf/log_ring.h"
#include "supervisor/output_tail.h"

namespace vf::agent {

class LogHub {
 public:
  /// Told about each ring that begins, and that lines have come (cheap; called for every line).
  struct Reader {
    virtual ~Reader() = default;
    virtual void on_ring(const std::string& pipeline_id, std::shared_ptr<const logbuf::LogRing> ring) = 0;
    virtual void on_lines() = 0;
    /// Likewise, a line of the agent's own: it is in no file where the next agent would find it.
    virtual void on_own_line() { on_lines(); }
    virtual void on_retired(const std::string& pipeline_id) = 0;
    /// The first line of its newest ring that the reader has not done with; nothing where it does not read that.
    [[nodiscard]] virtual std::optional<std::uint64_t> log_cursor(const std::string& pipeline_id) const = 0;
  };

  /// Somebody who looks at one pipeline's log as it comes. Must not watch or cease to from inside the call.
  struct Watcher {
    virtual ~Watcher() = default;
    virtual void on_news() = 0;  ///< lines have come, the ring is another one, or closed: cheap, once for each line
  };

  LogHub(Log& log, bool echo) : log_(log), echo_(echo) {}

  /// At most one reader, before the first open().
  void set_reader(Reader* reader) { reader_ = reader; }

  /// A new pipeline's sink. The name is the one shown in the echo.
  [[nodiscard]] std::unique_ptr<supervisor::OutputSink> open(const std::string& id, const std::string& name);
  /// A line of the agent's own in this pipeline's log, marked as such.
  void say(const std::string& id, const std::string& text);
  /// The pipeline is gone: its ring lives on only until its last words are shipped.
  void close(const std::string& id);
  [[nodiscard]] std::shared_ptr<const logbuf::LogRing> ring(const std::string& id) const;

  void watch(const std::string& id, Watcher& watcher) { watchers_.emplace(id, &watcher); }
  void cease(const std::string& id, const Watcher& watcher);

 private:
  struct Sink;
  friend struct Sink;
  void tell_watchers(const std::string& id);

  Log& log_;
  const bool echo_;
  Reader* reader_ = nullptr;
  std::map<std::string, std::shared_ptr<logbuf::LogRing>> rings_;
  std::multimap<std::string, Watcher*> watchers_;  // by pipeline
};

}  // namespace vf::agent
