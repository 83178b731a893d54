// DirectoryControl: the control plane VF_URL=file:///FOLDER. No server, no token: each NAME.yaml in the folder is a
// pipeline with id and name NAME, an optional NAME.env (mode 0600) its secrets. See directory_scan.h for what counts
// and directory_state.h for what becomes of it.
//
// - Changes are heard by inotify and, where that is not to be had or does not reach (network file systems, links to
//   files elsewhere), found by a slow rescan. The rescan reads only what its stamps say has changed.
// - Link: connected after a scan that succeeded; degraded with the reason while the folder cannot be read (it is not
//   created). Everything stays wanted as it was then.
// - The loop's thread does no file work: scans and parsing run on a worker, one at a time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "agent/control/control_plane.h"

namespace boost::asio {
class io_context;
}

namespace vf::agent {

struct DirectoryTiming {
  std::chrono::milliseconds quiet{100};      ///< how long nothing must change before a scan
  std::chrono::milliseconds patience{2000};  ///< after which a folder that is never quiet is scanned all the same
  std::chrono::milliseconds rescan{30000};
};

class DirectoryControl final : public ControlPlane {
 public:
  /// Hands a job to a worker thread; called on the loop. Jobs that never run are no harm but to scanning.
  using RunOnWorker = std::function<void(std::function<void()>)>;
  /// A line for the log: a file that is not used, changes that are not heard at once. On the loop.
  using Remark = std::function<void(const std::string&)>;

  /// `folder` is absolute and without '/' at its end. `loop` must outlive every job that was handed to a worker; the
  /// listener must live until this is destroyed or shut down. This may be destroyed, on the loop's thread, at any time.
  DirectoryControl(boost::asio::io_context& loop, std::string folder, RunOnWorker run_on_worker,
                   ControlPlaneListener& listener, Remark remark, DirectoryTiming timing = {});
  DirectoryControl(const DirectoryControl&) = delete;
  DirectoryControl& operator=(const DirectoryControl&) = delete;
  ~DirectoryControl() override;

  void start() override;
  /// Nothing: nobody is told.
  void state_changed() override {}
  /// Nothing has to be sent: `done` is called at once, from the loop.
  void shut_down(std::function<void()> done) override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vf::agent
