// Updater: carries out the order to become another version, up to the moment where the program image is replaced, and
// watches the first seconds of an image that has just replaced another. Loop's thread; what blocks runs on a worker of
// its own.
//
// State contract
//   idle         nothing under way
//   fetching     the file is downloaded
//   checking     the new binary says its version, and that it likes the options; the old one is kept aside
//   handing_over the agent was told that all is ready: it comes to an end, and the image is replaced
//   on_trial     this image took over, and has not been healthy yet
//
//   - One order at a time: what comes meanwhile is ignored; a poll repeats it.
//   - A version that failed is not tried again for 5 minutes; the control plane is told so.
//   - Until the handover nothing that runs is touched.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/http/worker_pool.h"
#include "agent/log.h"
#include "agent/options.h"
#include "agent/update/download.h"
#include "agent/update/handover.h"
#include "agent/update/trial.h"
#include "agent/update/update_order.h"
#include "agent/update/upgrade_record.h"
#include "supervisor/process/capture.h"

namespace vf::agent {

/// How the image is to be replaced. For perform_upgrade(), when nothing but the main thread is left.
struct Upgrade {
  std::string binary;          ///< real path of the file to become
  bool place_update = false;   ///< PATH.update goes into its place first
  bool keep_previous = false;  ///< PATH.previous is there
  std::string target;          ///< the version it said it is
};

class Updater {
 public:
  enum class Stage { idle, fetching, checking, handing_over, on_trial };

  struct Parts {
    boost::asio::io_context& loop;
    const Options& options;
    const Launch& launch;
    bool in_container;
    HttpSettings http;
    Log& log;
    std::function<void(const std::string& error)> report;  ///< to the control plane; at most 500 bytes count
    std::function<void(Upgrade)> hand_over;                ///< everything is ready
    std::function<bool()> state_is_read;
    std::function<Link()> link;
  };

  explicit Updater(Parts parts);
  ~Updater();  ///< ends what is under way
  Updater(const Updater&) = delete;
  Updater& operator=(const Updater&) = delete;

  /// Once, at start: what an earlier image left, of which this one may be the successor.
  void start(std::optional<Handover> handover);
  /// From a control plane.
  void offer(const UpdateOrder& order);
  /// SIGUSR2: become what is at the path of the binary now.
  void reexec();
  /// The agent was told to end: nothing begins any more, and the guard need not come back.
  void stop();
  [[nodiscard]] Stage stage() const { return stage_; }

 private:
  void fetched(const Update& update, const Status& done);
  void check(Upgrade upgrade, const std::string& file, const std::string& wanted);
  void check_options(Upgrade upgrade, const std::string& file);
  void keep(Upgrade upgrade);
  void fail(const std::string& version, const std::string& why);
  void ask(const std::string& file, std::vector<std::string> arguments,
           std::function<void(Result<supervisor::Captured>)> done);
  void learn_of_failure(const Result<std::optional<UpgradeRecord>>& record);
  void watch_trial();

  Parts parts_;
  Stage stage_ = Stage::idle;
  bool stopped_ = false;
  std::unique_ptr<WorkerPool> worker_;  // most agents never need it
  std::shared_ptr<Download> download_;
  supervisor::CancelCapture cancel_;
  std::map<std::string, std::chrono::steady_clock::time_point> held_;  // version → not before
  std::unique_ptr<Trial> trial_;
  std::string from_;  // the version this image took over from
  boost::asio::steady_timer turn_;
};

/// What is under way, for people; "" where nothing is.
[[nodiscard]] std::string_view to_string(Updater::Stage stage);

/// The last act of a process image: starts the guard, puts the new binary in its place and becomes it. Blocks. Comes
/// back only where not even the running program could be started again.
[[nodiscard]] Error perform_upgrade(const Upgrade& upgrade, const Launch& launch, const std::string& data_dir,
                                    std::chrono::milliseconds trial, Handover handover);

}  // namespace vf::agent
