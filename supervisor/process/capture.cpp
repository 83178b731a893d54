#include "supervisor/process/capture.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>

#include "supervisor/process/unique_descriptor.h"

namespace vf::supervisor {
namespace {

/// Finished when the process has exited and its output has ended, or a moment after the exit where something it started
/// keeps the output open.
struct Capture : std::enable_shared_from_this<Capture> {
  explicit Capture(boost::asio::io_context& loop) : output(loop), timer(loop) {}

  void read() {
    output.async_read_some(boost::asio::buffer(chunk),
                           [self = shared_from_this()](boost::system::error_code error, std::size_t got) {
                             if (error) {
                               self->output_ended = true;
                               return self->look();
                             }
                             const std::size_t room = self->limit - std::min(self->limit, self->captured.output.size());
                             self->captured.output.append(self->chunk.data(), std::min(got, room));
                             self->read();
                           });
  }

  void arm(std::chrono::milliseconds after) {
    timer.expires_after(after);
    timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->expired();
    });
  }

  void expired() {
    if (exited) return finish(std::move(captured));
    child->kill_group();
    finish(Error{"run " + name, "no answer in time; it was killed", ETIMEDOUT});
  }

  void look() {
    if (exited && output_ended) finish(std::move(captured));
  }

  void cancel() {
    if (!exited) child->kill_group();
    done = nullptr;
    timer.cancel();
    output.close();
  }

  void finish(Result<Captured> result) {
    if (!done) return;
    auto callback = std::exchange(done, nullptr);
    timer.cancel();
    output.close();
    if (exited) child.reset();  // else it stays until its exit has been reaped
    callback(std::move(result));
  }

  boost::asio::posix::stream_descriptor output;
  boost::asio::steady_timer timer;
  std::array<char, 4096> chunk{};
  std::string name;
  std::size_t limit = 0;
  Captured captured;
  bool exited = false;
  bool output_ended = false;
  std::unique_ptr<Child> child;
  std::function<void(Result<Captured>)> done;
};

}  // namespace

CancelCapture capture(boost::asio::io_context& loop, Command command, std::chrono::milliseconds deadline,
                      std::size_t limit, std::function<void(Result<Captured>)> done) {
  const auto fail = [&](Error error) {
    boost::asio::post(loop, [done = std::move(done), error = std::move(error)] { done(error); });
    return CancelCapture([] {});
  };
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(system_error("make a pipe", errno));
  UniqueDescriptor reading(ends[0]);
  const UniqueDescriptor writing(ends[1]);
  command.standard_output = command.standard_error = writing.get();

  auto self = std::make_shared<Capture>(loop);
  self->name = command.executable;
  self->limit = limit;
  auto child = Child::start(loop, command, [self](ExitStatus status) {
    self->exited = true;
    self->captured.status = status;
    if (!self->done) return self->child.reset();
    self->look();
    if (self->done) self->arm(std::chrono::milliseconds(500));
  });
  if (!child) return fail(child.error());
  self->child = std::move(child).value();
  self->done = std::move(done);
  self->output.assign(reading.release());
  self->arm(deadline);
  self->read();
  return [weak = std::weak_ptr(self)] {
    if (const auto running = weak.lock()) running->cancel();
  };
}

}  // namespace vf::supervisor
