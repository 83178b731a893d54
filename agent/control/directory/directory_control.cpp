#include "agent/control/directory/directory_control.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>

#include "agent/control/directory/directory_scan.h"
#include "agent/control/directory/directory_state.h"
#include "agent/control/directory/directory_watch.h"
#include "agent/control/directory/scan_schedule.h"

namespace vf::agent {
namespace {

using std::chrono::steady_clock;

/// What a worker found; the one thing that comes back from it.
struct Findings {
  DirectoryScan scan;
  std::optional<Error> watch_error;
};

}  // namespace

class DirectoryControl::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& loop, std::string folder, RunOnWorker run_on_worker, ControlPlaneListener& listener,
       Remark remark, DirectoryTiming timing)
      : loop_(loop),
        folder_(std::move(folder)),
        run_on_worker_(std::move(run_on_worker)),
        listener_(listener),
        remark_(std::move(remark)),
        timing_(timing),
        schedule_(timing.quiet, timing.patience),
        scan_timer_(loop),
        rescan_timer_(loop) {}

  void start() {
    watch_.emplace(loop_, folder_, [this] {
      schedule_.changed(steady_clock::now());
      arm_scan();
    });
    rescan();
  }

  void stop() {
    stopped_ = true;
    watch_.reset();
    scan_timer_.cancel();
    rescan_timer_.cancel();
  }

  void shut_down(std::function<void()> done) {
    stop();
    boost::asio::post(loop_, std::move(done));
  }

 private:
  void rescan() {
    schedule_.ask(steady_clock::now());
    arm_scan();
    rescan_timer_.expires_after(timing_.rescan);
    rescan_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (self && !error && !self->stopped_) self->rescan();
    });
  }

  /// Sets the timer to what the schedule says now; setting it anew cancels what was set before.
  void arm_scan() {
    const auto next = schedule_.next();
    if (!next) return;
    scan_timer_.expires_at(*next);
    scan_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (self && !error && !self->stopped_) self->on_scan_timer();
    });
  }

  void on_scan_timer() {
    const auto next = schedule_.next();
    if (!next) return;
    // A timer that had expired already when it was set anew.
    if (*next > steady_clock::now()) return arm_scan();
    schedule_.started(steady_clock::now());
    run_on_worker_(
        [&loop = loop_, folder = folder_, before = seen_, arm = watch_->watch_arm(), weak = weak_from_this()] {
          auto findings = std::make_shared<Findings>();
          if (const Status armed = arm->arm(); !armed) findings->watch_error = armed.error();
          findings->scan = scan_directory(folder, *before, std::chrono::system_clock::now());
          boost::asio::post(loop, [weak, findings] {
            const auto self = weak.lock();
            if (self && !self->stopped_) self->on_findings(std::move(*findings));
          });
        });
  }

  void on_findings(Findings findings) {
    const bool holds = schedule_.finished();
    const auto scan = std::make_shared<const DirectoryScan>(std::move(findings.scan));
    if (!scan->error) seen_ = scan;  // what was read is good to compare with, whether it holds or not
    if (holds) {
      say_watch_error(scan->error ? std::nullopt : std::move(findings.watch_error));
      DirectoryNews news = take_in(state_, *scan);
      const bool same = !news.desired && !news.doubt && !scan->error;
      tell(std::move(news));
      if (same && !stopped_) listener_.on_still_desired();
    }
    if (!stopped_) arm_scan();
  }

  /// Once for as long as it lasts. A folder that cannot even be read is the link's to tell.
  void say_watch_error(const std::optional<Error>& error) {
    const std::string message =
        error ? error->message() + "; its changes are found by looking every " +
                    std::to_string(std::chrono::duration_cast<std::chrono::seconds>(timing_.rescan).count()) + " s"
              : "";
    if (!message.empty() && message != watch_error_) remark_(message);
    watch_error_ = message;
  }

  /// The listener may shut us down from within any of its calls.
  void tell(DirectoryNews news) {
    if (news.doubt) schedule_.changed(steady_clock::now());
    if (news.link && !stopped_) listener_.on_link(*news.link);
    if (news.desired && !stopped_) listener_.on_desired(std::move(*news.desired));
    for (const Refusal& refusal : news.refusals) {
      if (!stopped_) listener_.on_refused(refusal.id, refusal.reason);
    }
    for (const std::string& line : news.remarks) {
      if (!stopped_) remark_(folder_ + "/" + line);
    }
  }

  boost::asio::io_context& loop_;
  const std::string folder_;
  const RunOnWorker run_on_worker_;
  ControlPlaneListener& listener_;
  const Remark remark_;
  const DirectoryTiming timing_;
  ScanSchedule schedule_;
  DirectoryState state_;
  std::shared_ptr<const DirectoryScan> seen_ = std::make_shared<const DirectoryScan>();
  std::optional<DirectoryWatch> watch_;
  std::string watch_error_;
  boost::asio::steady_timer scan_timer_;
  boost::asio::steady_timer rescan_timer_;
  bool stopped_ = false;
};

DirectoryControl::DirectoryControl(boost::asio::io_context& loop, std::string folder, RunOnWorker run_on_worker,
                                   ControlPlaneListener& listener, Remark remark, DirectoryTiming timing)
    : impl_(std::make_shared<Impl>(loop, std::move(folder), std::move(run_on_worker), listener, std::move(remark),
                                   timing)) {}

DirectoryControl::~DirectoryControl() {
  impl_->stop();
}

void DirectoryControl::start() {
  impl_->start();
}

void DirectoryControl::shut_down(std::function<void()> done) {
  impl_->shut_down(std::move(done));
}

}  // namespace vf::agent
