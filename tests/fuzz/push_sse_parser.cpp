// The push stream's bytes, from the socket to the message. Whatever they are: no crash, no undefined behaviour, the
// limits of push_message.h kept, and the same messages however the bytes are cut.
//
// Input: byte 0 is the seed of the cuts, the rest is the stream. The event limit is small, so that it is reached.

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "push/push_message.h"
#include "push/sse_parser.h"

namespace {

using namespace vf::push;

constexpr std::size_t max_event_bytes = 512;

void require(bool promise) {
  if (!promise) std::abort();
}

void check_limits(const PushMessage& message) {
  if (const auto* sample = std::get_if<SampleRequest>(&message)) {
    require(sample->limit >= 1 && sample->limit <= 1000);
    require(!sample->component_keys.empty() && sample->component_keys.size() <= max_component_keys);
    require(!sample->request_id.empty() && sample->request_id.size() <= max_id_bytes);
  } else if (const auto* interval = std::get_if<SetPollInterval>(&message)) {
    require(interval->interval >= std::chrono::seconds(1) && interval->interval <= std::chrono::hours(1));
  } else if (const auto* unknown = std::get_if<Unknown>(&message)) {
    require(unknown->type.size() <= 64 + sizeof "action:");
  } else if (const auto* malformed = std::get_if<Malformed>(&message)) {
    require(!malformed->reason.empty() && malformed->reason.size() <= 512);
  }
}

struct Heard : SseSink {
  void on_event(std::string_view name, std::string_view data) override {
    require(!name.empty() && name.size() <= max_event_bytes && data.size() <= max_event_bytes);
    names.emplace_back(name);
    messages.push_back(decode_push_message(data));
    check_limits(messages.back());
  }
  void on_comment() override { ++comments; }
  bool operator==(const Heard& other) const {
    return names == other.names && messages == other.messages && comments == other.comments;
  }

  std::vector<std::string> names;
  std::vector<PushMessage> messages;
  std::size_t comments = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  std::string_view stream(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  std::uint32_t random = bytes[0];

  SseParser whole_parser(max_event_bytes);
  Heard whole;
  whole_parser.feed(stream, whole);

  SseParser cut_parser(max_event_bytes);
  Heard cut;
  while (!stream.empty()) {
    random = random * 1664525U + 1013904223U;
    const auto part = stream.substr(0, 1 + (random >> 24) % (bytes[0] < 128 ? 4 : 200));
    cut_parser.feed(part, cut);
    stream.remove_prefix(part.size());
  }
  require(whole == cut);
  require(whole_parser.skipped_events() == cut_parser.skipped_events());
  return 0;
}
