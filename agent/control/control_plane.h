// ControlPlane: the port behind which every dialect (vectorflow, directory, later others) lives.
// Contract: everything here happens on the loop's thread; nothing here waits. A control plane owns its own
// polling, pushing, budgets and retries; the agent only hears what must run and only answers what is asked of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "agent/update/update_order.h"
#include "supervisor/pipeline_spec.h"

namespace vf::agent {

/// The first of the three truths: is the control plane reached?
enum class Link {
  connecting,  ///< no answer yet since start
  connected,   ///< the last exchange succeeded
  degraded,    ///< unreachable, erring or asking us to slow down; retried by itself
  refused,     ///< it answered and will not have us (401, 402, 403); retried slowly, a person must act
};

struct LinkState {
  Link link = Link::connecting;
  std::string reason;  ///< for people; "" where connected
  friend bool operator==(const LinkState&, const LinkState&) = default;
};

/// What a control plane tells the agent.
class ControlPlaneListener {
 public:
  virtual ~ControlPlaneListener() = default;
  /// All that must run here from now on; replaces what was said before. Ids are unique.
  virtual void on_desired(supervisor::DesiredState desired) = 0;
  /// It was asked again, and all that must run here is what it was.
  virtual void on_still_desired() = 0;
  /// A person asked for this pipeline's process to be restarted with the configuration it has.
  virtual void on_restart_requested(const std::string& pipeline_id) = 0;
  /// A newer wish for this pipeline could not be understood; the last good one stays wanted. `reason` "" ends it.
  virtual void on_refused(const std::string& pipeline_id, const std::string& reason) = 0;
  virtual void on_link(const LinkState& state) = 0;
  /// The agent itself is to become another version. May be said again and again until it is, or has failed.
  virtual void on_update_offered(const UpdateOrder& order) = 0;
  /// Log lines are about to be sent: of what has been read up to now, and of nothing later, this may settle all.
  virtual void on_logs_leave() {}
};

class ControlPlane {
 public:
  virtual ~ControlPlane() = default;
  /// Begins; the first on_desired comes as soon as the control plane has answered.
  virtual void start() = 0;
  /// Something that a heartbeat would tell has changed. Cheap: call it freely, it coalesces.
  virtual void state_changed() = 0;
  /// The first line of this pipeline's newest ring (LogRing) that the other side has not taken; nothing where it takes
  /// no logs, or knows of none.
  [[nodiscard]] virtual std::optional<std::uint64_t> log_cursor(const std::string& /*pipeline_id*/) const {
    return std::nullopt;
  }
  /// How often figures are told: what is measured for that is measured as often.
  [[nodiscard]] virtual std::chrono::milliseconds report_interval() const { return std::chrono::seconds(15); }
  /// Why an update that was offered did not come to be.
  virtual void tell_update_error(const std::string& /*reason*/) {}
  /// The program image is about to be replaced: sends the logs that wait, then calls `done` once, within about 3 s.
  /// Calls of the listener go on until then, and stop with `done`.
  virtual void hand_over(std::function<void()> done) { done(); }
  /// Sends what must still be sent (last logs, last heartbeat), then calls `done` once, within about 5 s
  /// however the other side behaves. No listener call follows `done`.
  virtual void shut_down(std::function<void()> done) = 0;
};

}  // namespace vf::agent
