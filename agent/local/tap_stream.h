// TapStream: one viewer of a component's live events, as NDJSON. What the viewer does not take in time is dropped and
// counted where it is missing, so that it costs no more than `most_bytes`. Loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/local/local_message.h"
#include "tapper/tapper.h"

namespace vf::agent {

class TapStream final : public LineStream, public tapper::Viewer {
 public:
  static constexpr std::size_t most_bytes = 1U << 20;  ///< that wait; one larger event may wait alone

  /// `limit`: events after which it ends, 0 for none. `on_dropped`: events that this viewer was too slow for.
  TapStream(std::uint64_t limit, std::function<void(std::uint64_t)> on_dropped);

  /// What is watched, for as long as anything comes of it.
  void keep(std::unique_ptr<tapper::Tapper::Watch> watch) { watch_ = std::move(watch); }

  void start(std::function<void()> wake) override;
  [[nodiscard]] bool read(std::string& into, std::size_t room) override;

  void on_event(std::string_view json) override;
  void on_dropped(std::uint64_t count) override;
  void on_notice(std::string_view text) override;
  void on_end(std::string_view reason) override;

 private:
  void say(std::string_view member, std::string_view text);
  void tell_dropped();
  void end(std::string_view reason);
  void wake();

  const std::uint64_t limit_;
  const std::function<void(std::uint64_t)> count_dropped_;
  std::function<void()> wake_;
  std::string waiting_;        // whole lines
  std::uint64_t events_ = 0;   // in waiting_ or read
  std::uint64_t dropped_ = 0;  // since the last line of waiting_
  bool ended_ = false;
  std::unique_ptr<tapper::Tapper::Watch> watch_;  // gone before the rest is
};

}  // namespace vf::agent
