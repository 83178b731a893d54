// LogStream: one viewer's reading of a pipeline's log, as NDJSON. It keeps no line itself, only how far it has read of
// the pipeline's ring: what is overwritten before the viewer takes it is counted. Loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/local/local_message.h"
#include "agent/log_hub.h"
#include "logbuf/log_ring.h"
#include "supervisor/mask_secrets.h"

namespace vf::agent {

class LogStream final : public LineStream, LogHub::Watcher {
 public:
  struct Parts {
    LogHub& hub;
    std::string pipeline_id;
    std::size_t lines = 0;  ///< of those that there are already
    bool follow = false;    ///< else it ends with what there is now
    /// The pipeline's secrets as they are now, by name; null where it has none. Asked at each read: a log is followed
    /// for days, and a secret may be another one meanwhile.
    std::function<const std::map<std::string, std::string>*()> secrets;
    std::function<void(std::uint64_t)> on_dropped;  ///< lines that the viewer was too slow for
  };
  explicit LogStream(Parts parts);
  ~LogStream() override;

  void start(std::function<void()> wake) override;
  [[nodiscard]] bool read(std::string& into, std::size_t room) override;

 private:
  void on_news() override;
  /// Values that were secrets stay masked: lines of that time may still come.
  void learn_secrets();
  /// Another ring begins with line 0: the pipeline was gone, and is back.
  bool next_ring();

  Parts parts_;
  std::function<void()> wake_;
  std::map<std::string, std::string> values_;  // all that were secrets, each by itself
  supervisor::SecretMask mask_;
  std::shared_ptr<const logbuf::LogRing> ring_;
  std::uint64_t next_ = 0;  // line of ring_
  std::uint64_t end_ = 0;   // of what is to be read, without follow
};

}  // namespace vf::agent
