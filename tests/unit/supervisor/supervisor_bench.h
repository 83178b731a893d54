// A supervisor with all that is around it: a data directory, a Vector that is a shell script, a health probe that says
// what the test wants, and a record of everything the listener was told.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "processes.h"
#include "supervisor/supervisor.h"
#include "temp_folder.h"
#include "test_loop.h"

namespace vf::supervisor::test {

/// What the fake Vector does is a line of its configuration: "# do: <shell commands>"; what it says of a configuration
/// it is to validate is another, "# validate: <shell commands>", and nothing means that it is good.
inline PipelineSpec pipeline(const std::string& id, const std::string& commands = "exec sleep 1000",
                             std::int64_t version = 1) {
  PipelineSpec spec;
  spec.id = id;
  spec.name = "name of " + id;
  spec.version = version;
  spec.config_yaml = "# do: " + commands + "\nsources: {}\n";
  spec.secrets = {{"VERSION", std::to_string(version)}};  // so that another version needs another process
  spec.checksum = "checksum of " + spec.config_yaml;
  return spec;
}

class SupervisorBench : public SupervisorListener {
 public:
  struct Note {
    NoteLevel level;
    std::string id, text;
  };

  SupervisorBench() {
    put(vector_path(), fake_vector, 0700);
    settings.data_dir = folder / "data";
    settings.vector_bin = vector_path();
    settings.port_base = 14000;  // below those of the integration tests
    settings.limits.restart = {std::chrono::milliseconds(20), std::chrono::milliseconds(100), std::chrono::seconds(60),
                               3};
    settings.rollout.recheck = settings.limits.restart;
    settings.rollout.prove_after = std::chrono::milliseconds(20);
    settings.limits.stop_timeout = std::chrono::seconds(600);  // where a test does not mean it, nothing is killed
    settings.own_environment = {{"PATH", "/usr/bin:/bin"}};
  }
  SupervisorBench(const SupervisorBench&) = delete;
  SupervisorBench& operator=(const SupervisorBench&) = delete;
  ~SupervisorBench() override {
    worker.release();
    if (keeper_) {
      keeper_->stop_all([] {});
      keeper_->kill_all();
      const bool all_ended = loop.until([this] { return keeper_->statuses().empty(); });
      if (!all_ended) std::abort();
    }
    keeper_.reset();
  }

  /// Made at its first use, so that a test can change the settings before.
  Supervisor& keeper() {
    if (!keeper_) {
      keeper_ = std::make_unique<Supervisor>(
          loop.context(), settings, worker.submitter(),
          [this](std::uint16_t port, std::function<void(bool)> done) {
            ++probes;
            if (on_probe) return on_probe(port, std::move(done));
            boost::asio::post(loop.context(), [done = std::move(done), answer = healthy] { done(answer); });
          },
          *this);
    }
    return *keeper_;
  }

  void want(std::vector<PipelineSpec> pipelines) { keeper().apply({std::move(pipelines), {}, false}); }
  [[nodiscard]] PipelineStatus status(const std::string& id) {
    const auto found = keeper().status(id);
    REQUIRE(found);
    return *found;
  }
  [[nodiscard]] ProcessState state(const std::string& id) { return status(id).state; }
  [[nodiscard]] bool until_state(const std::string& id, ProcessState wanted) {
    const bool came = loop.until([&] {
      const auto now = keeper().status(id);
      return now && now->state == wanted;
    });
    if (!came) dump();
    return came;
  }
  [[nodiscard]] bool until_running(const std::string& id) { return until_state(id, ProcessState::running); }
  [[nodiscard]] bool until_gone(const std::string& id) {
    return loop.until([&] { return !keeper().status(id); });
  }
  /// Waits until this line was printed by the pipeline.
  [[nodiscard]] bool until_said(const std::string& id, const std::string& line) {
    const bool came = loop.until([&] { return std::ranges::count(lines[id], line) > 0; });
    if (!came) dump();
    return came;
  }
  [[nodiscard]] std::vector<std::string> notes_with(const std::string& part,
                                                    NoteLevel at_least = NoteLevel::info) const {
    std::vector<std::string> found;
    for (const Note& note : notes)
      if (note.level >= at_least && note.text.find(part) != std::string::npos)
        found.push_back(note.id + ": " + note.text);
    return found;
  }
  [[nodiscard]] bool until_noted(const std::string& part) {
    const bool came = loop.until([&] { return !notes_with(part).empty(); });
    if (!came) dump();
    return came;
  }
  [[nodiscard]] std::string data(const std::string& path) const { return settings.data_dir + "/" + path; }
  [[nodiscard]] std::string vector_path() const { return folder / "vector"; }
  /// Where in the record this stands; fails the test where it does not.
  [[nodiscard]] std::size_t position(const std::string& entry) const {
    const auto found = std::ranges::find(record, entry);
    INFO("looking for: " << entry);
    REQUIRE(found != record.end());
    return static_cast<std::size_t>(found - record.begin());
  }
  void dump() const {
    for (const Note& note : notes) UNSCOPED_INFO(note.id << ": " << note.text);
    for (const std::string& entry : record) UNSCOPED_INFO(entry);
  }

  // What the listener is told.
  std::unique_ptr<OutputSink> open_output(const PipelineSpec& spec) override {
    record.push_back("open " + spec.id);
    return std::make_unique<Sink>(*this, spec.id);
  }
  void on_changed(const std::string& id) override {
    const auto now = keeper_->status(id);
    REQUIRE(now);
    record.push_back(id + " is " + std::string(to_string(now->state)));
  }
  void on_gone(const std::string& id) override { record.push_back("gone " + id); }
  void on_death(const Death& death) override { deaths.push_back(death); }
  void on_remember(const std::string& id, bool) override { remembered.push_back(id); }
  void on_counters_wanted(const std::string& id) override { counters_wanted.push_back(id); }
  void on_note(NoteLevel level, const std::string& id, const std::string& text) override {
    notes.push_back({level, id, text});
    record.push_back("note " + id);
  }

  TempFolder folder;
  TestLoop loop;
  HeldWorker worker{loop.context()};
  SupervisorSettings settings;
  bool healthy = true;
  int probes = 0;
  std::function<void(std::uint16_t port, std::function<void(bool)> done)> on_probe;
  std::vector<Note> notes;
  std::vector<Death> deaths;
  std::vector<std::string> remembered, counters_wanted;
  std::vector<std::string> record;  // everything in the order it was told
  std::map<std::string, std::vector<std::string>> lines;

 private:
  struct Sink : OutputSink {
    Sink(SupervisorBench& to, std::string of) : bench(to), id(std::move(of)) {}
    void on_line(std::string_view line) override {
      bench.lines[id].emplace_back(line);
      bench.record.push_back(id + " says " + std::string(line));
    }
    void on_skipped(std::uint64_t) override { FAIL("nothing here floods"); }
    SupervisorBench& bench;
    const std::string id;
  };

  static constexpr const char* fake_vector = R"sh(#!/bin/sh
if [ "$1" = validate ]; then
  eval "$(sed -n 's/^# validate: //p' "$4")"
  exit 0
fi
config=$2
eval "$(sed -n 's/^# do: //p' "$config")"
)sh";

  std::unique_ptr<Supervisor> keeper_;
};

}  // namespace vf::supervisor::test
