// Whatever a scrape brings, the reader stays within it and the readings keep their promises.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "metrics/counter.h"
#include "metrics/exposition.h"
#include "metrics/vector_readings.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_within(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void read_samples(std::string_view text) {
  vf::metrics::ExpositionReader reader(text);
  std::string scratch;
  while (reader.next()) {
    require(!reader.name().empty() && is_within(reader.name(), text));
    const std::size_t malformed = reader.malformed();
    const auto sample = reader.sample();
    require(reader.malformed() == malformed + (sample ? 0 : 1));
    if (!sample) continue;
    require(sample->name == reader.name() && is_within(sample->labels.raw(), text));
    vf::metrics::LabelBlock labels = sample->labels;
    for (vf::metrics::Label label; labels.next(label);) {
      require(!label.name.empty() && is_within(label.name, text) && is_within(label.raw_value, text));
      const auto found = sample->labels.find(label.name, scratch);
      require(found.has_value() && found->size() <= text.size());
    }
    // The reader has checked the block to its end, so walking it cannot stop early at something malformed.
    require(labels.raw().empty());
  }
}

void read_components(std::string_view text) {
  using vf::metrics::counter_max;
  const vf::metrics::VectorReadings readings = vf::metrics::read_vector(text);
  require(readings.components.size() <= vf::metrics::max_components);
  std::string_view previous;
  for (const auto& component : readings.components) {
    require(!component.id.empty() && !component.id.starts_with("vf_") && component.id > previous);
    require(component.received_events <= counter_max && component.sent_events <= counter_max);
    require(component.received_bytes <= counter_max && component.sent_bytes <= counter_max);
    previous = component.id;
  }
  const auto& totals = readings.totals;
  require(totals.events_in <= counter_max && totals.events_out <= counter_max && totals.errors <= counter_max);
  require(totals.bytes_in <= counter_max && totals.bytes_out <= counter_max && totals.discarded <= counter_max);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_samples(text);
  read_components(text);
  return 0;
}
