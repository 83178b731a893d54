#include "tapper/event_reader.h"

#include <simdjson.h>

#include "logbuf/surrogates.h"
#include "tapper/tap_lines.h"

namespace vf::tapper {
namespace {

static_assert(kPadding >= simdjson::SIMDJSON_PADDING);

bool skip(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// The content of a string up to its closing quote, which goes too. Vector writes ids as they are, unescaped.
std::optional<std::string_view> skip_string(std::string_view& text) {
  const std::size_t end = text.find('"');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view content = text.substr(0, end);
  text.remove_prefix(end + 1);
  return content;
}

/// Of an object whose only member is named for an event's kind: what it holds. Both are compact, as serde writes them.
std::optional<std::string_view> unwrapped(std::string_view event) {
  if (!event.ends_with('}')) return std::nullopt;
  event.remove_suffix(1);
  for (const std::string_view kind : {"{\"log\":", "{\"metric\":", "{\"trace\":"})
    if (skip(event, kind)) return event;
  return std::nullopt;
}

}  // namespace

struct EventReader::Impl {
  explicit Impl(bool is_wrapped) : wrapped(is_wrapped) {}

  /// simdjson's DOM is a flat tape in one buffer that is used again. (Its On Demand checks only what is asked for, has
  /// no bound for nesting, and is scalar code unless all of it is compiled for one kind of processor.)
  [[nodiscard]] simdjson::error_code check(std::string_view padded) {
    return parser.parse(padded.data(), padded.size(), false).error();
  }

  const bool wrapped;
  simdjson::dom::parser parser;
  std::string mended;
};

EventReader::EventReader(bool wrapped) : impl_(std::make_unique<Impl>(wrapped)) {}

EventReader::~EventReader() = default;

std::optional<TappedEvent> EventReader::read(std::string_view line) {
  if (!skip(line, "{\"component_id\":\"")) return std::nullopt;
  const auto id = skip_string(line);
  if (!id || !skip(line, ",\"component_kind\":\"") || !skip_string(line)) return std::nullopt;
  if (!skip(line, ",\"component_type\":\"") || !skip_string(line)) return std::nullopt;
  if (!skip(line, ",\"event\":") || !line.ends_with('}')) return std::nullopt;
  line.remove_suffix(1);
  if (impl_->wrapped) {
    const auto bare = unwrapped(line);
    if (!bare) return std::nullopt;
    line = *bare;
  }
  simdjson::error_code failed = impl_->check(line);
  if (failed == simdjson::STRING_ERROR) {
    impl_->mended = line;
    if (logbuf::mend_surrogates(impl_->mended) == 0) return std::nullopt;
    const std::size_t size = impl_->mended.size();
    impl_->mended.append(kPadding, '\0');
    line = std::string_view(impl_->mended).substr(0, size);
    failed = impl_->check(line);
  }
  if (failed != simdjson::SUCCESS) return std::nullopt;
  return TappedEvent{*id, line};
}

}  // namespace vf::tapper
