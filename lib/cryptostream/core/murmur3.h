// MurmurHash3 with 128 bits: whether a value is still the one that was asked about, in foreign-key joins.
#pragma once

#include <cryptostream/core/bytes.h>

#include <cstdint>

namespace cryptostream {

/// As Kafka Streams writes it: two int64, the high one first.
struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const Hash128&) const = default;
};

/// The variant for 64-bit machines, with the seed that Kafka Streams uses. No defence against collisions made on
/// purpose.
Hash128 murmur3_128(BytesView bytes);

}  // namespace cryptostream
