// Child: one process we started, watched through its pidfd. Lives on the loop's thread.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "supervisor/process/exit_status.h"
#include "supervisor/process/unique_descriptor.h"
#include "supervisor/result.h"

namespace vf::supervisor {

struct Command {
  std::string executable;                          ///< a path; find_executable() makes one of a name
  std::vector<std::string> arguments;              ///< without argv[0]
  std::map<std::string, std::string> environment;  ///< all of it; nothing is inherited beside it
  int standard_output = -1;                        ///< descriptor it gets as 1; stays the caller's. -1: /dev/null
  int standard_error = -1;                         ///< and as 2
  int cgroup_procs = -1;                           ///< cgroup.procs of the cgroup it is put in; -1: the agent's own
};

class Child {
 public:
  using OnExit = std::function<void(ExitStatus)>;

  /// Starts the command in a process group of its own, with /dev/null as 0, no other descriptor than 0, 1 and 2,
  /// default signal dispositions (but for 32 and 33, the C library's own, which posix_spawn ignores) and an empty
  /// signal mask. It outlives the agent if the agent dies. `on_exit` is called once, on the loop, never from inside
  /// this call, and not at all once the Child is destroyed; its process is waited for all the same.
  [[nodiscard]] static Result<std::unique_ptr<Child>> start(boost::asio::io_context& loop, const Command& command,
                                                            OnExit on_exit);
  /// Watches a process that an earlier agent started, or this one before it was replaced by its next version.
  /// `pidfd` is its, and it is known to be the right one. `on_exit` as above; the status is known only where it is a
  /// child of this process.
  [[nodiscard]] static std::unique_ptr<Child> adopt(boost::asio::io_context& loop, pid_t pid, UniqueDescriptor pidfd,
                                                    OnExit on_exit);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const;
  /// Sends a signal to the process alone; no effect once it has ended.
  void signal(int number);
  /// SIGKILL to the process and to all of its group: what it started must not outlive it.
  void kill_group();

 private:
  struct Impl;
  explicit Child(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with the wait under way, which goes on after the Child is gone
};

/// Whether `pid` is a process that a Child started and has not seen end: it is waited for there and nowhere else.
[[nodiscard]] bool is_own_child(pid_t pid);

/// The file that `executable` names: itself where it has a '/', else the first match on `path` (a PATH value).
/// The Error says what an operator must do about it.
[[nodiscard]] Result<std::string> find_executable(const std::string& executable, const std::string& path);

}  // namespace vf::supervisor
