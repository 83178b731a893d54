#include "agent/commands/stream_object.h"

#include <simdjson.h>

namespace vf::agent {
namespace {

namespace ondemand = simdjson::ondemand;
using Kind = StreamObject::Kind;

/// `text` is left as it was where it is no string.
bool put_text(ondemand::value value, std::string& text) {
  std::string_view found;
  if (value.get_string().get(found)) return false;
  text = found;
  return true;
}

void take(std::string_view key, ondemand::value value, StreamObject& object) {
  if (key == "line" && put_text(value, object.text)) object.kind = Kind::line;
  if (key == "notice" && put_text(value, object.text)) object.kind = Kind::notice;
  if (key == "stopped" && put_text(value, object.text)) object.kind = Kind::stopped;
  if (key == "number" && value.get_uint64().get(object.number)) object.number = 0;
  if (key == "dropped" && !value.get_uint64().get(object.number)) object.kind = Kind::dropped;
  if (key != "event") return;
  std::string_view bytes;
  if (simdjson::to_json_string(value).get(bytes)) return;
  while (bytes.ends_with(' ')) bytes.remove_suffix(1);
  object.text = bytes;
  object.kind = Kind::event;
}

}  // namespace

StreamObject read_stream_object(std::string_view json) {
  ondemand::parser parser;
  const simdjson::padded_string padded(json);
  StreamObject object;
  ondemand::document document;
  ondemand::object members;
  if (parser.iterate(padded).get(document) || document.get_object().get(members)) return object;
  for (auto field : members) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) || field.value().get(value)) return {};
    take(key, value, object);
  }
  return object;
}

}  // namespace vf::agent
