// OutputFollower: drives the tails of one directory. One inotify watch on the directory tells which file grew; after a
// round of reading the watch rests for a moment, so that a chatty Vector costs one wake-up a moment, not one a line.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "supervisor/output_tail.h"

namespace vf::supervisor {

class OutputFollower {
 public:
  using RunOnWorker = std::function<void(std::function<void()>)>;
  using OnProblem = std::function<void(std::string)>;

  /// `on_problem` gets, once for each kind, what an operator should know (no inotify, no punched holes, unreadable).
  OutputFollower(boost::asio::io_context& loop, RunOnWorker run_on_worker, OnProblem on_problem);
  ~OutputFollower();

  /// Starts to follow `path`; the directory must exist, all files in one. `sink` must live until forget().
  [[nodiscard]] Status follow(const std::string& path, OutputSink& sink);
  /// The same for the output of a process that is taken over, from byte `from` on.
  [[nodiscard]] Status resume(const std::string& path, OutputSink& sink, std::uint64_t from);
  /// Bytes of whole lines handed on; 0 for a path that is not followed.
  [[nodiscard]] std::uint64_t handed_on(const std::string& path) const;

  /// For a new process: a descriptor that appends to the followed file. Only while nobody writes to it.
  [[nodiscard]] Result<UniqueDescriptor> writer(const std::string& path);
  /// The writer has ended: reads to the end of the file, turn by turn, then hands on an unterminated last line and
  /// calls `done` on the loop. Done at once (posted) for a path that is not followed.
  void drain(const std::string& path, std::function<void()> done);
  void forget(const std::string& path);

 private:
  struct Followed {
    std::unique_ptr<OutputTail> tail;
    bool dirty = false;
    std::function<void()> drained;
  };
  [[nodiscard]] Status watch(const std::string& directory);
  void watch_or_look(const std::string& directory);
  void wait_for_events();
  void read_events();
  void mark_dirty(const std::string& name);
  void mark_all_dirty();
  void schedule();
  void turn();
  void rest();
  void wait_for_room();
  void trim(OutputTail& tail);
  void report_once(bool& reported, const std::string& problem);

  boost::asio::io_context& loop_;
  RunOnWorker run_on_worker_;
  OnProblem on_problem_;
  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer rest_;
  boost::asio::steady_timer room_;
  int watch_ = -1;  // -1: no inotify, files are looked at in turn
  bool scheduled_ = false;
  bool resting_ = false;
  bool trim_refused_ = false;
  bool watch_refused_ = false;
  bool read_refused_ = false;
  std::unordered_map<std::string, Followed> files_;  // by file name
  bool waiting_for_room_ = false;
  std::deque<std::string> waiting_;  // names that wait for room, each once
  std::deque<std::string> queue_;    // names with something to read, each once
};

}  // namespace vf::supervisor
