// Validator: `vector validate` for many pipelines, a few at a time. It compiles what Vector would run, in the
// environment it would run in, and touches nothing that runs.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "supervisor/process/capture.h"
#include "supervisor/validation_verdict.h"

namespace vf::supervisor {

class Validator {
 public:
  Validator(boost::asio::io_context& loop, unsigned at_once, std::chrono::milliseconds deadline)
      : loop_(loop), at_once_(at_once), deadline_(deadline) {}

  using Done = std::function<void(const ValidationVerdict&)>;
  /// `command` is the whole call; `secrets` are masked in the verdict's reason. `done` once, on the loop, never from
  /// inside this call; unknown where it could not be started or took longer than the deadline. `needed` is asked when
  /// its turn comes: where it answers false the call is not made and `done` not called.
  void submit(Command command, std::map<std::string, std::string> secrets, std::function<bool()> needed, Done done);
  /// Ends what runs, too; nothing is called any more.
  void stop();

 private:
  struct Job {
    Command command;
    std::map<std::string, std::string> secrets;
    std::function<bool()> needed;
    Done done;
  };
  struct Running {
    std::function<bool()> needed;
    CancelCapture cancel;
    std::shared_ptr<bool> over;  // it was ended, and its answer may come all the same
  };
  void begin();
  void end_needless();

  boost::asio::io_context& loop_;
  const unsigned at_once_;
  const std::chrono::milliseconds deadline_;
  std::list<Running> running_;
  std::deque<Job> waiting_;
};

}  // namespace vf::supervisor
