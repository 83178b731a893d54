#include "supervisor/output_follower.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "output_collect.h"
#include "temp_folder.h"
#include "test_loop.h"

using namespace vf::supervisor;
using namespace vf::supervisor::test;

namespace {

using Lines = std::vector<std::string>;

struct Subject {
  TempFolder folder;
  TestLoop loop;
  HeldWorker worker{loop.context()};
  std::vector<std::string> problems;
  std::unique_ptr<OutputFollower> follower = std::make_unique<OutputFollower>(
      loop.context(), worker.submitter(), [this](const std::string& problem) { problems.push_back(problem); });

  std::string follow(const std::string& name, OutputSink& sink) {
    const std::string path = folder / name;
    REQUIRE(follower->follow(path, sink));
    return path;
  }
  UniqueDescriptor writer(const std::string& path) {
    auto made = follower->writer(path);
    REQUIRE(made);
    return std::move(made).value();
  }
  bool drain(const std::string& path) {
    bool done = false;
    follower->drain(path, [&] { done = true; });
    CHECK_FALSE(done);  // never from inside the call
    return loop.until([&] { return done; });
  }
};

void write_to(const UniqueDescriptor& file, std::string_view text) {
  REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("lines come by themselves, joined across writes") {
  Subject subject;
  Collected sink;
  const auto writer = subject.writer(subject.follow("p.stderr", sink));
  write_to(writer, "one\ntw");
  CHECK(subject.loop.until([&] { return sink.lines == Lines{"one"}; }));
  write_to(writer, "o\nthree\n");
  CHECK(subject.loop.until([&] { return sink.lines == Lines{"one", "two", "three"}; }));
  CHECK(subject.problems.empty());
}

TEST_CASE("a drain hands on all that was written, the unterminated last line too, and then says so") {
  Subject subject;
  Collected sink;
  const std::string path = subject.follow("p.stderr", sink);
  NumberedLines numbered(99);
  {
    const auto writer = subject.writer(path);
    write_to(writer, numbered.take(20000));  // many turns' worth
    write_to(writer, "last words");
  }
  CHECK(subject.drain(path));
  REQUIRE(sink.lines.size() == 20001);
  CHECK(sink.lines.back() == "last words");
  CHECK(sink.skipped == 0);
}

TEST_CASE("a drain of a file that nothing was written to is done too") {
  Subject subject;
  Collected sink;
  CHECK(subject.drain(subject.follow("empty", sink)));
  CHECK(subject.drain(subject.folder / "never followed"));
}

TEST_CASE("drained files are followed on for the next process") {
  Subject subject;
  Collected sink;
  const std::string path = subject.follow("p.stdout", sink);
  for (int life = 0; life < 3; ++life) {
    const auto writer = subject.writer(path);
    write_to(writer, "life " + std::to_string(life));
    CHECK(subject.drain(path));
  }
  CHECK(sink.lines == Lines{"life 0", "life 1", "life 2"});
}

TEST_CASE("a file is not followed before it was asked for") {
  Subject subject;
  const auto writer = subject.follower->writer(subject.folder / "x");
  REQUIRE_FALSE(writer);
  CHECK(writer.error().message() == "cannot write to " + (subject.folder / "x") + ": it is not followed");
}

TEST_CASE("many files are followed side by side") {
  Subject subject;
  std::map<std::string, Collected> sinks;
  std::map<std::string, UniqueDescriptor> writers;
  for (int i = 0; i < 200; ++i) {
    const std::string name = "p" + std::to_string(i);
    writers.emplace(name, subject.writer(subject.follow(name, sinks[name])));
  }
  for (int round = 0; round < 3; ++round)
    for (const auto& [name, writer] : writers) write_to(writer, name + " " + std::to_string(round) + "\n");
  CHECK(subject.loop.until([&] {
    return std::all_of(sinks.begin(), sinks.end(), [](const auto& sink) { return sink.second.lines.size() == 3; });
  }));
  for (const auto& [name, sink] : sinks) CHECK(sink.lines == Lines{name + " 0", name + " 1", name + " 2"});
}

TEST_CASE("a flood of one file does not keep the lines of another waiting") {
  Subject subject;
  Collected flooded, quiet;
  const auto flood = subject.writer(subject.follow("flood", flooded));
  const auto other = subject.writer(subject.follow("quiet", quiet));
  NumberedLines numbered(99);
  write_to(flood, numbered.take(35000));  // 3.5 MB: below the limit, so all of it is read
  write_to(other, "here\n");
  CHECK(subject.loop.until([&] { return !quiet.lines.empty(); }));
  CHECK(flooded.lines.size() < 35000);
  CHECK(subject.loop.until([&] { return flooded.lines.size() == 35000; }));
}

TEST_CASE("between two turns the loop's other work is done") {
  Subject subject;
  Collected sink;
  const std::string path = subject.follow("flood", sink);
  const auto writer = subject.writer(path);
  NumberedLines numbered(99);
  write_to(writer, numbered.take(30000));
  bool drained = false;
  subject.follower->drain(path, [&] { drained = true; });
  int turns = 0;
  std::function<void()> other_work = [&] {
    ++turns;
    if (!drained) boost::asio::post(subject.loop.context(), other_work);
  };
  boost::asio::post(subject.loop.context(), other_work);
  CHECK(subject.loop.until([&] { return drained; }));
  CHECK(turns > 5);
}

TEST_CASE("a file that is forgotten with lines unread is left alone, and can be followed anew") {
  Subject subject;
  Collected first, second;
  const std::string path = subject.follow("p", first);
  {
    const auto writer = subject.writer(path);
    write_to(writer, "unread\n");
  }
  bool drained = false;
  subject.follower->drain(path, [&] { drained = true; });  // waits in the queue from here on
  subject.follower->forget(path);
  CHECK_FALSE(subject.follower->writer(path));
  subject.follow("p", second);
  const auto writer = subject.writer(path);
  write_to(writer, "again\n");
  CHECK(subject.loop.until([&] { return second.lines == Lines{"again"}; }));
  CHECK(first.lines.empty());
  CHECK_FALSE(drained);
  subject.follower->forget(subject.folder / "never followed");
}

TEST_CASE("space is given back on the worker while the file grows") {
  Subject subject;
  Collected sink;
  const std::string path = subject.follow("p", sink);
  const auto writer = subject.writer(path);
  NumberedLines numbered(99);
  for (int i = 0; i < 8; ++i) {
    write_to(writer, numbered.take(10000));
    REQUIRE(subject.loop.until([&] { return sink.lines.size() == numbered.written(); }));
  }
  CHECK(subject.loop.until([&] { return look_at(path).st_blocks * 512 < 2'500'000; }));
  CHECK(look_at(path).st_size == 8'000'000);
  CHECK(sink.skipped == 0);
  CHECK(subject.problems.empty());
}

TEST_CASE("a trim that waits for a busy worker harms nothing") {
  Subject subject;
  Collected sink;
  const std::string path = subject.follow("p", sink);
  const auto writer = subject.writer(path);
  subject.worker.hold();
  NumberedLines numbered(99);
  write_to(writer, numbered.take(35000));
  REQUIRE(subject.loop.until([&] { return sink.lines.size() == numbered.written(); }));
  CHECK(subject.worker.waiting() > 0);
  write_to(writer, numbered.take(100));  // unread while the holes are made
  subject.worker.release();
  REQUIRE(subject.loop.until([&] { return sink.lines.size() == numbered.written(); }));
  CHECK(sink.lines.back().starts_with("35099."));
}

TEST_CASE("a file system that takes no space back is told once") {
  Subject subject;
  Collected sink;
  const std::string path = subject.follow("p", sink);
  const auto writer = subject.writer(path);
  subject.worker.hold();
  NumberedLines numbered(99);
  write_to(writer, numbered.take(35000));
  REQUIRE(subject.loop.until([&] { return sink.lines.size() == numbered.written(); }));
  REQUIRE(subject.worker.waiting() >= 2);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);  // which knows no holes
  for (int descriptor = 3; descriptor < 100; ++descriptor) {
    struct stat found {};
    if (::fstat(descriptor, &found) == 0 && found.st_ino == look_at(path).st_ino && descriptor != writer.get())
      REQUIRE(::dup3(null, descriptor, O_CLOEXEC) >= 0);
  }
  ::close(null);
  subject.worker.release();
  CHECK(subject.loop.until([&] { return !subject.problems.empty(); }));
  subject.loop.run_for(std::chrono::milliseconds(20));
  REQUIRE(subject.problems.size() == 1);
  CHECK(subject.problems[0].find("(" + path + "): log files there grow until") != std::string::npos);
}

TEST_CASE("an operator who empties or removes a log file loses no later line") {
  Subject subject;
  Collected sink;
  const std::string path = subject.follow("p", sink);
  auto writer = subject.writer(path);
  write_to(writer, "a long line, so that what comes next is shorter\n");
  REQUIRE(subject.loop.until([&] { return sink.lines.size() == 1; }));
  REQUIRE(::truncate(path.c_str(), 0) == 0);
  write_to(writer, "emptied\n");
  REQUIRE(subject.loop.until([&] { return sink.lines.size() == 2; }));
  REQUIRE(::unlink(path.c_str()) == 0);
  write_to(writer, "removed\n");
  CHECK(subject.drain(path));
  CHECK(sink.lines.back() == "removed");
  writer = subject.writer(path);
  write_to(writer, "anew\n");
  REQUIRE(subject.loop.until([&] { return sink.lines.size() == 4; }));
  CHECK(sink.lines.back() == "anew");
}

TEST_CASE("the directory of log files may be removed and made anew") {
  Subject subject;
  Collected sink;
  REQUIRE(::mkdir((subject.folder / "logs").c_str(), 0700) == 0);
  const std::string path = subject.follow("logs/p", sink);
  auto writer = subject.writer(path);
  write_to(writer, "one\n");
  REQUIRE(subject.loop.until([&] { return sink.lines.size() == 1; }));
  std::filesystem::remove_all(subject.folder / "logs");
  write_to(writer, "two\n");  // into a file without a name: still read, by looking
  CHECK(subject.loop.until([&] { return sink.lines.size() == 2; }));
  CHECK(subject.drain(path));
  CHECK_FALSE(subject.follower->writer(path));  // nowhere to put it yet
  REQUIRE(::mkdir((subject.folder / "logs").c_str(), 0700) == 0);
  writer = subject.writer(path);
  write_to(writer, "three\n");
  CHECK(subject.loop.until([&] { return sink.lines.size() == 3; }));
}

TEST_CASE("without inotify files are looked at now and then, and that is told once") {
  Subject subject;
  REQUIRE(::chmod(subject.folder.path().c_str(), 0300) == 0);  // may be written to, but not watched
  WithoutPrivileges::hand_over(subject.folder.path());
  {
    const WithoutPrivileges as_anybody;
    Collected one, two;
    const auto first = subject.writer(subject.follow("p1", one));
    const auto second = subject.writer(subject.follow("p2", two));
    CHECK(subject.problems == Lines{"cannot watch " + subject.folder.path() +
                                    ": Permission denied (errno 13); looking at log files every 500 ms instead"});
    for (int i = 0; i < 2; ++i) {
      write_to(first, "a\n");
      write_to(second, "b\n");
      CHECK(subject.loop.until([&] {
        return one.lines.size() == static_cast<std::size_t>(i) + 1 &&
               two.lines.size() == static_cast<std::size_t>(i) + 1;
      }));
    }
    subject.follower.reset();
  }
  REQUIRE(::chmod(subject.folder.path().c_str(), 0700) == 0);
}

TEST_CASE("a file that cannot be read is told once, and a drain of it ends") {
  Subject subject;
  Collected sink;
  const std::string path = subject.follow("p", sink);
  const auto writer = subject.writer(path);
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  for (int descriptor = 3; descriptor < 100; ++descriptor) {
    struct stat found {};
    if (::fstat(descriptor, &found) == 0 && found.st_ino == look_at(path).st_ino && descriptor != writer.get())
      REQUIRE(::dup3(null, descriptor, O_CLOEXEC) >= 0);
  }
  ::close(null);
  CHECK(subject.drain(path));
  CHECK(subject.drain(path));
  CHECK(subject.problems == Lines{"cannot read " + path + ": Bad file descriptor (errno 9)"});
}
