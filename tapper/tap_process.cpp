#include "tapper/tap_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>

#include "logbuf/line_splitter.h"
#include "supervisor/process/child.h"
#include "supervisor/process/unique_descriptor.h"
#include "tapper/tap_lines.h"

namespace vf::tapper {

using supervisor::Child;
using supervisor::UniqueDescriptor;

namespace {

// A pipe holds 64 KiB: so much is read at a time, and then the loop's other work has its turn.
constexpr std::size_t chunk_bytes = 64 * 1024;

struct Pipe {
  UniqueDescriptor reading, writing;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("make a pipe", errno);
  return Pipe{UniqueDescriptor(ends[0]), UniqueDescriptor(ends[1])};
}

}  // namespace

struct TapProcess::Impl final : std::enable_shared_from_this<Impl>, TapLineSink {
  Impl(boost::asio::io_context& loop, TapProcessSink& to) : out(loop), err(loop), sink(&to), remarks(*this) {}

  struct Remarks final : logbuf::LineSink {
    explicit Remarks(Impl& impl) : of(impl) {}
    void on_line(std::string_view line) override {
      if (of.sink != nullptr) of.sink->on_tap_remark(line);
    }
    Impl& of;
  };

  void read_out() {
    out.async_read_some(boost::asio::buffer(out_chunk.data(), chunk_bytes),
                        [self = shared_from_this()](boost::system::error_code error, std::size_t got) {
                          if (self->sink == nullptr) return;
                          if (error) {
                            self->out_ended = true;
                            self->out_lines.finish();  // a line that was not ended is no event
                            return self->look();
                          }
                          self->out_lines.feed(std::string_view(self->out_chunk.data(), got), *self);
                          if (self->sink != nullptr) self->read_out();
                        });
  }

  void read_err() {
    err.async_read_some(boost::asio::buffer(err_chunk),
                        [self = shared_from_this()](boost::system::error_code error, std::size_t got) {
                          if (self->sink == nullptr) return;
                          if (error) {
                            self->err_ended = true;
                            self->err_lines.finish(self->remarks);
                            return self->look();
                          }
                          self->err_lines.feed(std::string_view(self->err_chunk.data(), got), self->remarks);
                          if (self->sink != nullptr) self->read_err();
                        });
  }

  void on_line(std::string_view line) override {
    if (sink != nullptr) sink->on_tap_line(line);
  }
  void on_cut() override {
    if (sink != nullptr) sink->on_tap_cut();
  }

  void look() {
    if (!exited || !out_ended || !err_ended || sink == nullptr) return;
    std::exchange(sink, nullptr)->on_tap_end();
  }

  void end() {
    sink = nullptr;
    if (child && !exited) child->kill_group();
    child.reset();
    boost::system::error_code ignored;
    out.close(ignored);
    err.close(ignored);
  }

  boost::asio::posix::stream_descriptor out, err;
  std::array<char, chunk_bytes + kPadding> out_chunk{};
  std::array<char, 4096> err_chunk{};
  TapLines out_lines;
  logbuf::LineSplitter err_lines;
  TapProcessSink* sink;  // null: nobody is told any more
  Remarks remarks;
  std::unique_ptr<Child> child;
  bool exited = false;
  bool out_ended = false;
  bool err_ended = false;
};

Result<std::unique_ptr<TapProcess>> TapProcess::start(boost::asio::io_context& loop, const TapProgram& program,
                                                      const TapOrder& order, TapProcessSink& sink) {
  auto out = make_pipe();
  if (!out) return out.error();
  auto err = make_pipe();
  if (!err) return err.error();
  supervisor::Command command;
  command.executable = program.executable;
  command.arguments = tap_arguments(order, program.grpc);
  command.environment = program.environment;
  command.environment["NO_COLOR"] = "1";
  command.standard_output = out.value().writing.get();
  command.standard_error = err.value().writing.get();

  auto impl = std::make_shared<Impl>(loop, sink);
  auto child = Child::start(loop, command, [weak = std::weak_ptr(impl)](supervisor::ExitStatus) {
    if (const auto self = weak.lock()) {
      self->exited = true;
      self->look();
    }
  });
  if (!child) return child.error();
  impl->child = std::move(child).value();
  impl->out.assign(out.value().reading.release());
  impl->err.assign(err.value().reading.release());
  impl->read_out();
  impl->read_err();
  return std::unique_ptr<TapProcess>(new TapProcess(std::move(impl)));
}

TapProcess::TapProcess(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

TapProcess::~TapProcess() {
  impl_->end();
}

}  // namespace vf::tapper
