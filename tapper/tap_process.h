// TapProcess: one `vector tap` subprocess and what it prints. Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string_view>

#include "supervisor/result.h"
#include "tapper/tap_command.h"

namespace vf::tapper {

/// Called on the loop, never from inside start(). It may destroy the TapProcess.
class TapProcessSink {
 public:
  virtual ~TapProcessSink() = default;
  /// A line of its standard output; see TapLineSink.
  virtual void on_tap_line(std::string_view line) = 0;
  /// A line that was too long was cut away.
  virtual void on_tap_cut() = 0;
  /// A line of its standard error, safe text.
  virtual void on_tap_remark(std::string_view line) = 0;
  /// It has ended by itself, and all it printed was handed on. Once; nothing is called afterwards.
  virtual void on_tap_end() = 0;
};

class TapProcess {
 public:
  [[nodiscard]] static Result<std::unique_ptr<TapProcess>> start(boost::asio::io_context& loop,
                                                                 const TapProgram& program, const TapOrder& order,
                                                                 TapProcessSink& sink);
  /// Kills it at once: it holds nothing that could be lost. The sink is not called any more.
  ~TapProcess();

 private:
  struct Impl;
  explicit TapProcess(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace vf::tapper
