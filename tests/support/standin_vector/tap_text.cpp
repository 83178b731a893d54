#include "tests/support/standin_vector/tap_text.h"

#include "tests/support/standin_vector/text.h"

namespace standin {
namespace {

constexpr std::size_t kDeep = 100'000;

std::string fields_of(const TapOutput& output) {
  if (output.type == "internal_metrics" || output.type == "host_metrics") {
    return R"("name":"uptime_seconds","namespace":"vector","tags":{"host":"standin"},"timestamp":)" +
           quote(timestamp()) + R"(,"kind":"absolute","gauge":{"value":1.5})";
  }
  const std::string origin = R"("output":)" + quote(output.output);
  if (output.kind == "source") {
    return origin + R"(,"host":"localhost","message":"{\"method\":\"GET\",\"status\":\"200\"}","service":"vector",)" +
           R"("source_type":)" + quote(output.type) + R"(,"timestamp":)" + quote(timestamp());
  }
  return origin + R"(,"bytes":4711,"host":"10.0.0.1","method":"GET","protocol":"HTTP/1.1",)" +
         R"("request":"/controller/setup","status":"200","user-identifier":"standin")";
}

}  // namespace

TapText::TapText(const TapOutput& output, const TapOptions& options, const Dialect& dialect, const TapModes& modes)
    : options_(options), fields_(fields_of(output)), modes_(modes) {
  if (!modes.fields.empty()) fields_ += "," + modes.fields;
  if (options.meta) {  // ids as they are: one with a quote makes a line that is no JSON, as in the real one
    before_ = R"({"component_id":")" + output.id + R"(","component_kind":")" + output.kind + R"(","component_type":")" +
              output.type + R"(","event":)";
    after_ = "}";
  }
  if (dialect.tap_wraps_events()) {
    const bool metric = fields_.starts_with(R"("name")");
    before_ += metric ? R"({"metric":)" : R"({"log":)";
    after_ += "}";
  }
}

std::string TapText::event(std::uint64_t number, std::int64_t at_ns, const std::string& extra) const {
  std::string text = R"({"n":)" + std::to_string(number) + R"(,"at":)" + std::to_string(at_ns) + "," + fields_ + extra;
  constexpr std::size_t kPadding = sizeof(R"(,"pad":""})") - 1;
  if (text.size() + kPadding < modes_.event_bytes) {
    text += R"(,"pad":")" + std::string(modes_.event_bytes - text.size() - kPadding, 'x') + "\"";
  }
  return text + "}";
}

std::string TapText::line(std::uint64_t number, std::int64_t at_ns) const {
  if (!modes_.odd.empty() && number % modes_.odd_every == 0) {
    const auto turn = number / modes_.odd_every - 1;
    return odd_line(modes_.odd[turn % modes_.odd.size()], number, at_ns);
  }
  if (options_.format == "yaml") return "---\nn: " + std::to_string(number) + "\nat: " + std::to_string(at_ns) + "\n";
  if (options_.format == "logfmt") return "n=" + std::to_string(number) + " at=" + std::to_string(at_ns) + "\n";
  return before_ + event(number, at_ns, {}) + after_ + "\n";
}

std::string TapText::odd_line(Odd kind, std::uint64_t number, std::int64_t at_ns) const {
  switch (kind) {
    case Odd::big:
      return before_ + event(number, at_ns, R"(,"big":")" + std::string(modes_.odd_bytes, 'b') + "\"") + after_ + "\n";
    case Odd::nul:
      return before_ + event(number, at_ns, R"(,"odd":"a\u0000b","\u0000":1)") + after_ + "\n";
    case Odd::surrogate:
      return before_ + event(number, at_ns, R"(,"odd":"a\ud800b")") + after_ + "\n";
    case Odd::broken_utf8:
      return before_ +
             event(number, at_ns,
                   ",\"odd\":\"a\xff\xfe"
                   "b\xc3\"") +
             after_ + "\n";
    case Odd::control:
      return before_ + event(number, at_ns, std::string(",\"odd\":\"a\tb\0c\"", 14)) + after_ + "\n";
    case Odd::deep:
      return before_ + event(number, at_ns, ",\"odd\":" + std::string(kDeep, '[') + std::string(kDeep, ']')) + after_ +
             "\n";
    case Odd::empty:
      return "\n";
    case Odd::no_json:
      break;
  }
  return "thread 'vector-worker' panicked at number " + std::to_string(number) + ": {not JSON\n";
}

}  // namespace standin
