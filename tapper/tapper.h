// Tapper: live events of pipelines' components for whoever watches, each component through one `vector tap` subprocess
// however many watch it. Loop's thread; nothing runs where nobody watches.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "supervisor/result.h"
#include "tapper/tap_command.h"

namespace vf::tapper {

/// Somebody who watches one component. Called on the loop; must neither begin nor destroy a Watch from inside a call.
class Viewer {
 public:
  virtual ~Viewer() = default;
  /// One event: valid JSON without line ends, as bare as Vector has it, below kMaxLineBytes; valid during the call.
  virtual void on_event(std::string_view json) = 0;
  /// `count` events came and are not shown, since they were too large or no JSON.
  virtual void on_dropped(std::uint64_t count) = 0;
  /// For people, as in "waiting for the pipeline to run".
  virtual void on_notice(std::string_view text) = 0;
  /// The last call: why it ended, for people.
  virtual void on_end(std::string_view reason) = 0;
};

/// What a pipeline looks like to a tap, now.
struct TapTarget {
  bool running = false;          ///< its API answers
  std::uint64_t generation = 0;  ///< of the process
  std::uint16_t api_port = 0;
  ComponentRole role = ComponentRole::unknown;  ///< of the component asked for
};

class Tapper {
 public:
  static constexpr std::size_t most_taps = 3;        ///< subprocesses at once
  static constexpr std::size_t most_viewers = 16;    ///< of all taps together
  static constexpr std::chrono::minutes longest{5};  ///< that one viewer watches

  struct Parts {
    boost::asio::io_context& loop;
    /// Nothing where that pipeline is not wanted here.
    std::function<std::optional<TapTarget>(const std::string& pipeline_id, const std::string& component_id)> find;
    /// How `vector tap` is to be run for this pipeline; an Error where there is no Vector, or its version is not known
    /// yet.
    std::function<Result<TapProgram>(const std::string& pipeline_id)> program;
    std::chrono::milliseconds longest_watch = longest;  ///< tests have less time
  };

  explicit Tapper(Parts parts);
  ~Tapper();  ///< ends all subprocesses; tells nobody
  Tapper(const Tapper&) = delete;
  Tapper& operator=(const Tapper&) = delete;

  /// One viewer's place; destroyed, it watches no more, and the last one's going ends the subprocess.
  class Watch {
   public:
    virtual ~Watch() = default;
  };
  /// Begins to watch, for five minutes at most. The Error says why it cannot be: too many taps, no such pipeline. The
  /// viewer outlives the Watch; on_end() is not called from inside this call, nor after the Watch is gone.
  [[nodiscard]] Result<std::unique_ptr<Watch>> watch(const std::string& pipeline_id, const std::string& component_id,
                                                     Viewer& viewer);

  /// Something that `find` answers about this pipeline has changed. Cheap where nobody watches it.
  void pipeline_changed(const std::string& pipeline_id);
  /// Ends every tap: the agent stops.
  void stop(const std::string& reason);

  [[nodiscard]] std::size_t running() const;  ///< subprocesses

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vf::tapper
