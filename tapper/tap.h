// Tap: one component that is watched, its subprocess and those who watch it. The Tapper's part. Loop's thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <set>
#include <string>

#include "tapper/event_reader.h"
#include "tapper/tap_process.h"
#include "tapper/tapper.h"

namespace vf::tapper {

class Tap final : TapProcessSink {
 public:
  Tap(const Tapper::Parts& parts, std::string pipeline_id, std::string component_id);

  /// Who comes later is told what the others were told: why there are no events.
  void add(Viewer& viewer);
  void remove(Viewer& viewer) { viewers_.remove(&viewer); }
  [[nodiscard]] bool watched() const { return !viewers_.empty(); }
  [[nodiscard]] bool has_process() const { return process_ != nullptr; }
  [[nodiscard]] std::string words() const { return pipeline_id_ + "/" + component_id_; }
  [[nodiscard]] const std::string& pipeline_id() const { return pipeline_id_; }

  /// Looks at the pipeline: starts, ends or replaces the subprocess. False where the pipeline is not wanted any more.
  [[nodiscard]] bool look();
  /// Tells all who watch, and lets go of them.
  void end(std::string_view reason);

 private:
  void start(const TapTarget& target);
  void start_later(const std::string& why);  // "": nobody is told
  void notice(const std::string& text);
  void tell_unmatched_soon();
  [[nodiscard]] bool matches_nothing() const;
  void on_tap_line(std::string_view line) override;
  void on_tap_cut() override;
  void on_tap_remark(std::string_view line) override;
  void on_tap_end() override;

  const Tapper::Parts& parts_;
  const std::string pipeline_id_, component_id_;
  std::list<Viewer*> viewers_;
  std::unique_ptr<TapProcess> process_;
  std::unique_ptr<EventReader> reader_;
  bool reads_wrapped_ = false;
  std::uint64_t generation_ = 0;  // of the Vector that process_ watches
  std::chrono::steady_clock::time_point began_;
  bool ended_of_one_event_ = false;  // which was too large for `vector tap` itself
  bool is_sink_ = false;             // Vector said so, or is known to
  std::set<std::string> unmatched_;
  std::string first_words_;  // since the last event: what went wrong comes first, advice of many lines after it
  std::string told_;         // the notice last given: it is not repeated
  std::chrono::milliseconds pause_;
  boost::asio::steady_timer retry_, settled_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for a timer that fired as the Tap went
};

}  // namespace vf::tapper
