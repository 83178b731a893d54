// The schema of sampled events, as the server shows it. Wire: protocol.md, "Sample result". Pure; a worker's job.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vf::tapper {

inline constexpr std::size_t deepest_field = 10;      ///< `.a` is 1
inline constexpr std::size_t most_sample_bytes = 64;  ///< then `...`
inline constexpr std::size_t most_fields = 2000;      ///< of a schema; further ones are left out
/// Of a schema on the wire, about; further fields are left out. One long key with many members below it is in the path
/// of each of them. Sixteen of these and of Sampler::most_bytes_each are less than the 8 MiB of a post.
inline constexpr std::size_t most_schema_bytes = 96 * 1024;

struct SchemaField {
  std::string path;    ///< .a.b
  std::string type;    ///< string float boolean object array null
  std::string sample;  ///< of the first event that has it: its text; "" for an object, "[3 items]" for an array
  friend bool operator==(const SchemaField&, const SchemaField&) = default;
};

/// The union over `events` (JSON objects; what is none is passed over): by path, the first one wins; the keys of an
/// object sorted.
[[nodiscard]] std::vector<SchemaField> schema_of(const std::vector<std::string>& events);

}  // namespace vf::tapper
