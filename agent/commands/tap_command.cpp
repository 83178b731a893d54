// vf-agent tap PIPELINE COMPONENT [--limit N]
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "agent/commands/commands.h"
#include "agent/commands/stream_object.h"
#include "agent/commands/terminal.h"
#include "agent/local/local_client.h"

namespace vf::agent {
namespace {

class TapReader {
 public:
  explicit TapReader(const Invocation& asked) : asked_(asked), on_terminal_(look_at_output(asked.environment).is_one) {}

  int run() {
    StreamReader reader;
    reader.output = STDOUT_FILENO;
    reader.on_line = [this](std::string_view line) { return on_line(line); };
    reader.on_pause = [this] { written_ = written_ && print(""); };
    const auto ended = read_stream(asked_.data_dir,
                                   "/pipelines/" + encode_part(asked_.text("PIPELINE")) + "/tap?component=" +
                                       encode_part(asked_.text("COMPONENT")) + "&limit=" + asked_.text("limit", "0"),
                                   reader);
    if (!written_) return exit_code::failed;
    if (!ended) return complain(ended.error(), any_ ? exit_code::failed : exit_code::unreachable);
    if (ended.value().reply.status != 200) return complain(reason_of(ended.value().reply), exit_code::failed);
    return exit_code::done;
  }

 private:
  bool on_line(std::string_view json) {
    any_ = true;
    const StreamObject object = read_stream_object(json);
    switch (object.kind) {
      case StreamObject::Kind::event: {
        const std::string shown = (on_terminal_ ? harmless(object.text) : object.text) + "\n";
        written_ = std::fwrite(shown.data(), 1, shown.size(), stdout) == shown.size();
        if (!written_) complain(system_error("write to the standard output", errno), 0);
        return written_;
      }
      case StreamObject::Kind::dropped:
        complain(std::to_string(object.number) + (object.number == 1 ? " event is" : " events are") +
                     " not shown: more came than can be",
                 0);
        return true;
      case StreamObject::Kind::notice:
        complain(object.text, 0);
        return true;
      case StreamObject::Kind::stopped:
        complain("the tap has ended: " + object.text, 0);
        return true;
      case StreamObject::Kind::line:
      case StreamObject::Kind::unknown:
        return true;
    }
    return true;
  }

  const Invocation& asked_;
  const bool on_terminal_;
  bool any_ = false;
  bool written_ = true;
};

}  // namespace

int run_tap(const Invocation& asked) {
  return TapReader(asked).run();
}

}  // namespace vf::agent
